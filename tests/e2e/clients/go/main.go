// The command client submits a plan to Assent and watches it to its end.
//
//	client ADDRESS TOKEN PLAN.json
//
// PLAN.json is a SubmitPlanRequest in the JSON form of protobuf. The run, then each event and the run at its end are printed
// as JSON, one a line.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	assentv1 "assent.test/client/gen/assent/v1"
)

const patience = 2 * time.Minute

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 3 {
		return errors.New("usage: client ADDRESS TOKEN PLAN.json")
	}
	address, token, file := arguments[0], arguments[1], arguments[2]
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	request := &assentv1.SubmitPlanRequest{}
	if err := protojson.Unmarshal(text, request); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	return submitAndWatch(ctx, assentv1.NewRunServiceClient(connection), request)
}

func submitAndWatch(ctx context.Context, runs assentv1.RunServiceClient, request *assentv1.SubmitPlanRequest) error {
	submitted, err := runs.SubmitPlan(ctx, request)
	if err != nil {
		return err
	}
	if err := show("run", submitted); err != nil {
		return err
	}
	events, err := runs.WatchRun(ctx, &assentv1.WatchRunRequest{Name: submitted.GetName()})
	if err != nil {
		return err
	}
	for {
		event, err := events.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := show("event", event); err != nil {
			return err
		}
	}
	ended, err := runs.GetRun(ctx, &assentv1.GetRunRequest{Name: submitted.GetName()})
	if err != nil {
		return err
	}
	return show("end", ended)
}

// show prints a message on a line of its own, under the name of what it is.
func show(kind string, message proto.Message) error {
	text, err := protojson.Marshal(message)
	if err != nil {
		return err
	}
	_, err = fmt.Printf("{%q:%s}\n", kind, text)
	return err
}
