// Submits a plan to Assent and watches it to its end:
//
//   node main.js ADDRESS TOKEN PLAN.json PROTO
//
// PLAN.json is a SubmitPlanRequest in the JSON form of protobuf (lowerCamelCase), PROTO is the folder proto/ of Assent. The
// run, then each event and the run at its end are printed as JSON, one a line.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { promisify } = require("node:util");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const PATIENCE_MS = 120_000;

function services(proto) {
  const definition = loader.loadSync("assent/v1/runs.proto", {
    includeDirs: [proto, path.join(proto, "third_party")],
    enums: String,
    longs: String,
  });
  return grpc.loadPackageDefinition(definition).assent.v1;
}

// The loader knows google.protobuf.Struct by its fields only, not by the JSON that it stands for.
function toValue(json) {
  if (json === null) return { nullValue: "NULL_VALUE" };
  if (typeof json === "boolean") return { boolValue: json };
  if (typeof json === "number") return { numberValue: json };
  if (typeof json === "string") return { stringValue: json };
  if (Array.isArray(json)) return { listValue: { values: json.map(toValue) } };
  return { structValue: toStruct(json) };
}

function toStruct(json) {
  return { fields: Object.fromEntries(Object.entries(json).map(([key, value]) => [key, toValue(value)])) };
}

function readRequest(file) {
  const request = JSON.parse(fs.readFileSync(file, "utf8"));
  const { plan } = request;
  if (plan.inputs) plan.inputs = toStruct(plan.inputs);
  for (const step of plan.steps ?? []) {
    if (step.args) step.args = toStruct(step.args);
  }
  return request;
}

function show(kind, message) {
  process.stdout.write(`${JSON.stringify({ [kind]: message })}\n`);
}

async function main([address, token, file, proto]) {
  if (!proto) throw new Error("usage: node main.js ADDRESS TOKEN PLAN.json PROTO");
  const { RunService } = services(proto);
  const client = new RunService(address, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const options = { deadline: Date.now() + PATIENCE_MS };
  const call = (method, request) => promisify(client[method].bind(client))(request, metadata, options);
  try {
    const run = await call("SubmitPlan", readRequest(file));
    show("run", run);
    for await (const event of client.WatchRun({ name: run.name }, metadata, options)) show("event", event);
    show("end", await call("GetRun", { name: run.name }));
  } finally {
    client.close();
  }
}

main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
