--
-- PostgreSQL database dump
--

\restrict T9L53ZOMa68jyIleJeaPdc4igtXmCeeRwAWaFVz8ESiQjioD8PeTSgtbWlDPLW0

-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: assent; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA "assent";


--
-- Name: dbos; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA "dbos";


--
-- Name: SCHEMA "public"; Type: COMMENT; Schema: -; Owner: -
--

COMMENT ON SCHEMA "public" IS 'standard public schema';


--
-- Name: refuse_change(); Type: FUNCTION; Schema: assent; Owner: -
--

CREATE FUNCTION "assent"."refuse_change"() RETURNS "trigger"
    LANGUAGE "plpgsql"
    AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        MESSAGE = TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME || ' is append-only: ' || TG_OP || ' refused';
END
$$;


--
-- Name: refuse_stop_change(); Type: FUNCTION; Schema: assent; Owner: -
--

CREATE FUNCTION "assent"."refuse_stop_change"() RETURNS "trigger"
    LANGUAGE "plpgsql"
    AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        MESSAGE = 'a stop is made once and lifted once: ' || TG_OP || ' refused';
END
$$;


SET default_tablespace = '';

SET default_table_access_method = "heap";

--
-- Name: stops; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."stops" (
    "tenant" "text" NOT NULL,
    "id" "text" NOT NULL,
    "scope" "text" NOT NULL,
    "value" "text" NOT NULL,
    "reason" "text" NOT NULL,
    "created_by" "text" NOT NULL,
    "created_at" timestamp with time zone NOT NULL,
    "request_id" "text",
    "lifted_by" "text",
    "lifted_at" timestamp with time zone,
    "lift_reason" "text",
    "lift_request_id" "text"
);


--
-- Name: stops_in_force("text"); Type: FUNCTION; Schema: assent; Owner: -
--

CREATE FUNCTION "assent"."stops_in_force"("for_tenant" "text") RETURNS SETOF "assent"."stops"
    LANGUAGE "plpgsql"
    AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(495874699379);
    RETURN QUERY
        SELECT * FROM assent.stops WHERE lifted_at IS NULL AND (tenant = for_tenant OR scope = 'all') ORDER BY created_at, id;
END
$$;


--
-- Name: enqueue_workflow("text", "text", json[], json, "text", "text", "text", "text", bigint, bigint, "text", integer, "text", "text", "text", bigint, "text"); Type: FUNCTION; Schema: dbos; Owner: -
--

CREATE FUNCTION "dbos"."enqueue_workflow"("workflow_name" "text", "queue_name" "text", "positional_args" json[] DEFAULT ARRAY[]::json[], "named_args" json DEFAULT '{}'::json, "class_name" "text" DEFAULT NULL::"text", "config_name" "text" DEFAULT NULL::"text", "workflow_id" "text" DEFAULT NULL::"text", "app_version" "text" DEFAULT NULL::"text", "timeout_ms" bigint DEFAULT NULL::bigint, "deadline_epoch_ms" bigint DEFAULT NULL::bigint, "deduplication_id" "text" DEFAULT NULL::"text", "priority" integer DEFAULT NULL::integer, "queue_partition_key" "text" DEFAULT NULL::"text", "authenticated_user" "text" DEFAULT NULL::"text", "authenticated_roles" "text" DEFAULT NULL::"text", "delay_until_epoch_ms" bigint DEFAULT NULL::bigint, "application_name" "text" DEFAULT NULL::"text") RETURNS "text"
    LANGUAGE "plpgsql"
    SET "search_path" TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    v_workflow_id TEXT;
    v_serialized_inputs TEXT;
    v_owner_xid TEXT;
    v_now BIGINT;
    v_recovery_attempts INT4 := 0;
    v_priority INT4;
    v_status TEXT;
BEGIN

    -- Validate required parameters
    IF workflow_name IS NULL OR workflow_name = '' THEN
        RAISE EXCEPTION 'Workflow name cannot be null or empty';
    END IF;
    IF queue_name IS NULL OR queue_name = '' THEN
        RAISE EXCEPTION 'Queue name cannot be null or empty';
    END IF;
    IF named_args IS NOT NULL AND jsonb_typeof(named_args::jsonb) != 'object' THEN
        RAISE EXCEPTION 'Named args must be a JSON object';
    END IF;
    IF workflow_id IS NOT NULL AND workflow_id = '' THEN
        RAISE EXCEPTION 'Workflow ID cannot be an empty string if provided.';
    END IF;
    IF delay_until_epoch_ms IS NOT NULL AND delay_until_epoch_ms < 0 THEN
        RAISE EXCEPTION 'delay_until_epoch_ms must be >= 0';
    END IF;

    v_workflow_id := COALESCE(workflow_id, gen_random_uuid()::TEXT);
    v_owner_xid := gen_random_uuid()::TEXT;
    v_priority := COALESCE(priority, 0);
    v_serialized_inputs := json_build_object(
        'positionalArgs', positional_args,
        'namedArgs', named_args
    )::TEXT;
    v_now := EXTRACT(epoch FROM now()) * 1000;
    v_status := CASE WHEN delay_until_epoch_ms IS NULL THEN 'ENQUEUED' ELSE 'DELAYED' END;

    INSERT INTO "dbos".workflow_status (
        workflow_uuid, status,
        name, class_name, config_name,
        queue_name, deduplication_id, priority, queue_partition_key,
        application_version,
        created_at, updated_at, recovery_attempts,
        workflow_timeout_ms, workflow_deadline_epoch_ms,
        parent_workflow_id, owner_xid, serialization,
        authenticated_user, authenticated_roles,
        delay_until_epoch_ms, application_name
    ) VALUES (
        v_workflow_id, v_status,
        workflow_name, class_name, config_name,
        queue_name, deduplication_id, v_priority, queue_partition_key,
        app_version,
        v_now, v_now, v_recovery_attempts,
        timeout_ms, deadline_epoch_ms,
        NULL, v_owner_xid, 'portable_json',
        authenticated_user, authenticated_roles,
        delay_until_epoch_ms, application_name
    )
    ON CONFLICT (workflow_uuid)
    DO UPDATE SET
        updated_at = EXCLUDED.updated_at;

    INSERT INTO "dbos".workflow_input (
        workflow_uuid, inputs, retention_timestamp
    ) VALUES (
        v_workflow_id, v_serialized_inputs, v_now
    )
    ON CONFLICT (workflow_uuid) DO NOTHING;

    RETURN v_workflow_id;

EXCEPTION
    WHEN unique_violation THEN
        RAISE EXCEPTION 'DBOS queue duplicated'
            USING DETAIL = format('Workflow %s with queue %s and deduplication ID %s already exists', v_workflow_id, queue_name, deduplication_id),
                ERRCODE = 'unique_violation';
END;
$$;


--
-- Name: notifications_function(); Type: FUNCTION; Schema: dbos; Owner: -
--

CREATE FUNCTION "dbos"."notifications_function"() RETURNS "trigger"
    LANGUAGE "plpgsql"
    SET "search_path" TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    payload text := NEW.destination_uuid || '::' || NEW.topic;
BEGIN
    PERFORM pg_notify('dbos_notifications_channel', payload);
    RETURN NEW;
END;
$$;


--
-- Name: send_message("text", json, "text", "text"); Type: FUNCTION; Schema: dbos; Owner: -
--

CREATE FUNCTION "dbos"."send_message"("destination_id" "text", "message" json, "topic" "text" DEFAULT NULL::"text", "message_id" "text" DEFAULT NULL::"text") RETURNS "void"
    LANGUAGE "plpgsql"
    SET "search_path" TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    v_topic TEXT := COALESCE(topic, '__null__topic__');
    v_message_id TEXT := COALESCE(message_id, gen_random_uuid()::TEXT);
BEGIN
    INSERT INTO "dbos".notifications (
        destination_uuid, topic, message, message_uuid, serialization
    ) VALUES (
        destination_id, v_topic, message, v_message_id, 'portable_json'
    )
    ON CONFLICT (message_uuid) DO NOTHING;
EXCEPTION
    WHEN foreign_key_violation THEN
        RAISE EXCEPTION 'DBOS non-existent workflow'
            USING DETAIL = format('Destination workflow %s does not exist', destination_id),
                ERRCODE = 'foreign_key_violation';
END;
$$;


--
-- Name: activations; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."activations" (
    "number" bigint NOT NULL,
    "id" "text" NOT NULL,
    "revision" "text" NOT NULL,
    "cause" "text" NOT NULL,
    "rollback" boolean NOT NULL,
    "left_revision" "text",
    "tenant" "text" NOT NULL,
    "actor" "text" NOT NULL,
    "server" "text" NOT NULL,
    "reason" "text" NOT NULL,
    "request_id" "text",
    "author" "text",
    "sequence" bigint,
    "signed_by" "text",
    "origin" "text" NOT NULL,
    "report" "jsonb",
    "recorded_at" timestamp with time zone NOT NULL
);


--
-- Name: activations_number_seq; Type: SEQUENCE; Schema: assent; Owner: -
--

ALTER TABLE "assent"."activations" ALTER COLUMN "number" ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME "assent"."activations_number_seq"
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: alembic_version; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."alembic_version" (
    "version_num" character varying(32) NOT NULL
);


--
-- Name: answers; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."answers" (
    "approval_id" "text" NOT NULL,
    "stage" integer NOT NULL,
    "approver" "text" NOT NULL,
    "roles" "text"[] NOT NULL,
    "approved" boolean NOT NULL,
    "rationale" "text" NOT NULL,
    "presented_digest" "text" NOT NULL,
    "answered_at" timestamp with time zone NOT NULL
);


--
-- Name: approvals; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."approvals" (
    "tenant" "text" NOT NULL,
    "id" "text" NOT NULL,
    "run_id" "text" NOT NULL,
    "step_id" "text" NOT NULL,
    "process" "text" NOT NULL,
    "state" "text" NOT NULL,
    "version" integer DEFAULT 1 NOT NULL,
    "roles" "text"[] NOT NULL,
    "action_digest" "text" NOT NULL,
    "revision" "text" NOT NULL,
    "decision_id" "text" NOT NULL,
    "requirement" "jsonb" NOT NULL,
    "presented" "jsonb" NOT NULL,
    "presented_digest" "text" NOT NULL,
    "requested_at" timestamp with time zone NOT NULL,
    "expires_at" timestamp with time zone NOT NULL,
    "resolved_at" timestamp with time zone,
    "traceparent" "text"
);


--
-- Name: bundles; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."bundles" (
    "revision" "text" NOT NULL,
    "archive" "bytea" NOT NULL,
    "kept_at" timestamp with time zone NOT NULL
);


--
-- Name: effects; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."effects" (
    "run_id" "text" NOT NULL,
    "step_id" "text" NOT NULL,
    "idempotency_key" "text" NOT NULL,
    "action_digest" "text" NOT NULL,
    "permit_id" "text" NOT NULL,
    "attempt" integer NOT NULL,
    "status" "text" NOT NULL,
    "intended_at" timestamp with time zone NOT NULL,
    "settled_at" timestamp with time zone
);


--
-- Name: heads; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."heads" (
    "tenant" "text" NOT NULL,
    "seq" bigint NOT NULL,
    "hash" "bytea" NOT NULL
);


--
-- Name: permits; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."permits" (
    "tenant" "text" NOT NULL,
    "id" "text" NOT NULL,
    "holder" "text" NOT NULL,
    "principal" "text" NOT NULL,
    "agent" "text" NOT NULL,
    "item" "text" NOT NULL,
    "action" "text" NOT NULL,
    "effect" "text" NOT NULL,
    "action_digest" "text" NOT NULL,
    "idempotency_key" "text" NOT NULL,
    "decision_id" "text" NOT NULL,
    "status" "text" NOT NULL,
    "late" boolean DEFAULT false NOT NULL,
    "issued_at" timestamp with time zone NOT NULL,
    "expires_at" timestamp with time zone NOT NULL,
    "report_by" timestamp with time zone NOT NULL,
    "reported_at" timestamp with time zone,
    "closed_at" timestamp with time zone
);


--
-- Name: requests; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."requests" (
    "tenant" "text" NOT NULL,
    "caller" "text" NOT NULL,
    "request_id" "text" NOT NULL,
    "request_digest" "text" NOT NULL,
    "answers" "jsonb" NOT NULL,
    "answered_at" timestamp with time zone NOT NULL
);


--
-- Name: runs; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."runs" (
    "tenant" "text" NOT NULL,
    "id" "text" NOT NULL,
    "request_id" "text",
    "request_digest" "text" NOT NULL,
    "process" "text" NOT NULL,
    "process_version" "text" NOT NULL,
    "revision" "text" NOT NULL,
    "plan" "jsonb" NOT NULL,
    "plan_digest" "text" NOT NULL,
    "principal" "jsonb" NOT NULL,
    "submitter" "text" NOT NULL,
    "state" "text" NOT NULL,
    "reason" "text",
    "cancel_requested" "text",
    "traceparent" "text",
    "created_at" timestamp with time zone NOT NULL,
    "updated_at" timestamp with time zone NOT NULL,
    "finished_at" timestamp with time zone
);


--
-- Name: shadow_counts; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."shadow_counts" (
    "shadow_id" "text" NOT NULL,
    "tenant" "text" NOT NULL,
    "outcome" "text" NOT NULL,
    "count" bigint NOT NULL
);


--
-- Name: shadow_differences; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."shadow_differences" (
    "shadow_id" "text" NOT NULL,
    "tenant" "text" NOT NULL,
    "digest" "text" NOT NULL,
    "difference" "jsonb" NOT NULL,
    "count" bigint NOT NULL,
    "first_seen" timestamp with time zone NOT NULL,
    "last_seen" timestamp with time zone NOT NULL,
    "examples" "jsonb" NOT NULL
);


--
-- Name: shadows; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."shadows" (
    "tenant" "text" NOT NULL,
    "id" "text" NOT NULL,
    "revision" "text" NOT NULL,
    "signed_by" "text",
    "archive" "bytea",
    "running" boolean,
    "started_by" "text" NOT NULL,
    "started_at" timestamp with time zone NOT NULL,
    "ended_by" "text",
    "ended_at" timestamp with time zone,
    CONSTRAINT "shadows_running_check" CHECK ("running")
);


--
-- Name: steps; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."steps" (
    "run_id" "text" NOT NULL,
    "id" "text" NOT NULL,
    "position" integer NOT NULL,
    "action" "text" NOT NULL,
    "agent" "text" NOT NULL,
    "state" "text" NOT NULL,
    "attempt" integer DEFAULT 0 NOT NULL,
    "reason" "text",
    "message" "text",
    "decision" "jsonb",
    "decision_id" "text",
    "output" "jsonb",
    "labels" "jsonb",
    "trace_id" "text",
    "not_before" timestamp with time zone,
    "started_at" timestamp with time zone,
    "finished_at" timestamp with time zone
);


--
-- Name: trail; Type: TABLE; Schema: assent; Owner: -
--

CREATE TABLE "assent"."trail" (
    "tenant" "text" NOT NULL,
    "seq" bigint NOT NULL,
    "run_id" "text",
    "event" "text" NOT NULL,
    "recorded_at" timestamp with time zone NOT NULL,
    "record" "bytea" NOT NULL,
    "hash" "bytea" NOT NULL
);


--
-- Name: application_versions; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."application_versions" (
    "version_id" "text" NOT NULL,
    "version_name" "text" NOT NULL,
    "version_timestamp" bigint DEFAULT ((EXTRACT(epoch FROM "now"()) * 1000.0))::bigint NOT NULL,
    "created_at" bigint DEFAULT ((EXTRACT(epoch FROM "now"()) * 1000.0))::bigint NOT NULL,
    "application_name" "text"
);


--
-- Name: dbos_migrations; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."dbos_migrations" (
    "version" bigint NOT NULL
);


--
-- Name: event_dispatch_kv; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."event_dispatch_kv" (
    "service_name" "text" NOT NULL,
    "workflow_fn_name" "text" NOT NULL,
    "key" "text" NOT NULL,
    "value" "text",
    "update_seq" numeric(38,0),
    "update_time" numeric(38,15)
);


--
-- Name: notifications; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."notifications" (
    "message_uuid" "text" DEFAULT "gen_random_uuid"() NOT NULL,
    "destination_uuid" "text" NOT NULL,
    "topic" "text",
    "message" "text" NOT NULL,
    "created_at_epoch_ms" bigint DEFAULT ((EXTRACT(epoch FROM "now"()) * 1000.0))::bigint NOT NULL,
    "serialization" "text",
    "consumed" boolean DEFAULT false NOT NULL,
    "consumed_by_function_id" integer
);


--
-- Name: operation_outputs; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."operation_outputs" (
    "workflow_uuid" "text" NOT NULL,
    "function_id" integer NOT NULL,
    "function_name" "text" DEFAULT ''::"text" NOT NULL,
    "output" "text",
    "error" "text",
    "child_workflow_id" "text",
    "started_at_epoch_ms" bigint,
    "completed_at_epoch_ms" bigint,
    "serialization" "text",
    "application_name" "text",
    "retention_timestamp" bigint DEFAULT ((EXTRACT(epoch FROM "now"()) * 1000.0))::bigint NOT NULL
);


--
-- Name: queues; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."queues" (
    "queue_id" "text" DEFAULT ("gen_random_uuid"())::"text" NOT NULL,
    "name" "text" NOT NULL,
    "concurrency" integer,
    "worker_concurrency" integer,
    "rate_limit_max" integer,
    "rate_limit_period_sec" double precision,
    "priority_enabled" boolean DEFAULT false NOT NULL,
    "partition_queue" boolean DEFAULT false NOT NULL,
    "polling_interval_sec" double precision DEFAULT 1.0 NOT NULL,
    "created_at" bigint DEFAULT ((EXTRACT(epoch FROM "now"()) * 1000.0))::bigint NOT NULL,
    "updated_at" bigint DEFAULT ((EXTRACT(epoch FROM "now"()) * 1000.0))::bigint NOT NULL,
    "application_name" "text",
    "partition_concurrency" integer,
    "partition_worker_concurrency" integer,
    "partition_rate_limit_max" integer,
    "partition_rate_limit_period_sec" double precision
);


--
-- Name: streams; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."streams" (
    "workflow_uuid" "text" NOT NULL,
    "key" "text" NOT NULL,
    "value" "text" NOT NULL,
    "offset" integer NOT NULL,
    "function_id" integer DEFAULT 0 NOT NULL,
    "serialization" "text"
);


--
-- Name: workflow_events; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."workflow_events" (
    "workflow_uuid" "text" NOT NULL,
    "key" "text" NOT NULL,
    "value" "text" NOT NULL,
    "serialization" "text"
);


--
-- Name: workflow_events_history; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."workflow_events_history" (
    "workflow_uuid" "text" NOT NULL,
    "function_id" integer NOT NULL,
    "key" "text" NOT NULL,
    "value" "text" NOT NULL,
    "serialization" "text"
);


--
-- Name: workflow_input; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."workflow_input" (
    "workflow_uuid" "text" NOT NULL,
    "inputs" "text",
    "retention_timestamp" bigint DEFAULT ((EXTRACT(epoch FROM "now"()) * 1000.0))::bigint NOT NULL
);


--
-- Name: workflow_output; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."workflow_output" (
    "workflow_uuid" "text" NOT NULL,
    "output" "text",
    "error" "text",
    "retention_timestamp" bigint DEFAULT ((EXTRACT(epoch FROM "now"()) * 1000.0))::bigint NOT NULL
);


--
-- Name: workflow_schedules; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."workflow_schedules" (
    "schedule_id" "text" NOT NULL,
    "schedule_name" "text" NOT NULL,
    "workflow_name" "text" NOT NULL,
    "workflow_class_name" "text",
    "schedule" "text" NOT NULL,
    "status" "text" DEFAULT 'ACTIVE'::"text" NOT NULL,
    "context" "text" NOT NULL,
    "last_fired_at" "text",
    "automatic_backfill" boolean DEFAULT false NOT NULL,
    "cron_timezone" "text",
    "queue_name" "text",
    "application_name" "text"
);


--
-- Name: workflow_status; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE "dbos"."workflow_status" (
    "workflow_uuid" "text" NOT NULL,
    "status" "text",
    "name" "text",
    "authenticated_user" "text",
    "assumed_role" "text",
    "authenticated_roles" "text",
    "request" "text",
    "output" "text",
    "error" "text",
    "executor_id" "text",
    "created_at" bigint DEFAULT ((EXTRACT(epoch FROM "now"()) * 1000.0))::bigint NOT NULL,
    "updated_at" bigint DEFAULT ((EXTRACT(epoch FROM "now"()) * 1000.0))::bigint NOT NULL,
    "application_version" "text",
    "application_id" "text",
    "class_name" character varying(255) DEFAULT NULL::character varying,
    "config_name" character varying(255) DEFAULT NULL::character varying,
    "recovery_attempts" bigint DEFAULT 0,
    "queue_name" "text",
    "workflow_timeout_ms" bigint,
    "workflow_deadline_epoch_ms" bigint,
    "inputs" "text",
    "started_at_epoch_ms" bigint,
    "deduplication_id" "text",
    "priority" integer DEFAULT 0 NOT NULL,
    "queue_partition_key" "text",
    "forked_from" "text",
    "owner_xid" "text",
    "parent_workflow_id" "text",
    "serialization" "text",
    "delay_until_epoch_ms" bigint,
    "was_forked_from" boolean DEFAULT false NOT NULL,
    "rate_limited" boolean DEFAULT false NOT NULL,
    "completed_at" bigint,
    "attributes" "jsonb",
    "schedule_name" "text",
    "debounce_deadline_epoch_ms" bigint,
    "is_debounced" boolean DEFAULT false NOT NULL,
    "application_name" "text",
    "creator_xid" "text"
);


--
-- Data for Name: activations; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."activations" ("number", "id", "revision", "cause", "rollback", "left_revision", "tenant", "actor", "server", "reason", "request_id", "author", "sequence", "signed_by", "origin", "report", "recorded_at") FROM stdin;
1	0e5e5a3c337f4f1abf5c21acf81dbde9	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	start	f	\N	local	root	local	nothing was in force	\N	\N	\N	\N	workspace /tmp/assent-zm7fyq7c/workspace	{"failed": 0, "against": null, "carried": false, "seconds": 0.371, "compared": 0, "failures": [], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "differing": 0, "differences": [], "passed_parts": {"metadata": 1, "workspace": 1}, "engine_version": "1.22.2"}	2026-11-26 08:52:02.764193+00
\.


--
-- Data for Name: alembic_version; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."alembic_version" ("version_num") FROM stdin;
0005_shadows
\.


--
-- Data for Name: answers; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."answers" ("approval_id", "stage", "approver", "roles", "approved", "rationale", "presented_digest", "answered_at") FROM stdin;
\.


--
-- Data for Name: approvals; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."approvals" ("tenant", "id", "run_id", "step_id", "process", "state", "version", "roles", "action_digest", "revision", "decision_id", "requirement", "presented", "presented_digest", "requested_at", "expires_at", "resolved_at", "traceparent") FROM stdin;
local	10f4e3ed5de549f3be247c0606d3d6b1	6135b03dc82c481abcee46f4f15c412d	refund	refund	pending	1	{sales_director}	sha256:47d6bcbbc731cc12faf52977c816e2d6f7257ff98b8d0016f23f73c968bea0de	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	c3ef5f0a-1007-4d6b-84e7-2b09774265f5	{"not": ["principal"], "stages": [{"role": "sales_director", "quorum": 1}], "editable": [], "escalate": [], "on_expiry": "deny", "expires_in": "87600h"}	{"args": {"order": "LARGE-refund"}, "agent": "desk", "action": "shop.pay", "effect": "write", "labels": {"/order": ["untrusted"]}, "reasons": [{"code": "LARGE", "rule": "A large refund needs a director", "scope": "org/refunds", "control": "FIN-01", "message": "this one needs a director"}, {"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "principal": "renewals-runtime", "action_digest": "sha256:47d6bcbbc731cc12faf52977c816e2d6f7257ff98b8d0016f23f73c968bea0de"}	sha256:13edf0d5ee749f2513e574444e0889e990d1acf98bcde3f05ac141f05b9f48e5	2026-11-26 08:52:03.651384+00	2036-11-23 08:52:03.651384+00	\N	00-58fce1aee53fe0833da918d881414ef9-339f978ff7ed5830-03
local	bde7cb6526b94b5895f0ad73ebbba114	facc17266d7a448a9664c0d0491737f0	refund	goodwill	pending	1	{sales_director}	sha256:29627822e5ce81e2c49e28363a51f149c32e722f8ceea4144451e6b2e8a990ed	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	fcc3bd35-5229-4dd3-bf4a-1e6e4280b5cd	{"not": ["principal"], "stages": [{"role": "sales_director", "quorum": 1}], "editable": [], "escalate": [], "on_expiry": "deny", "expires_in": "87600h"}	{"args": {"order": "LARGE-goodwill"}, "agent": "desk", "action": "shop.pay", "effect": "write", "labels": {"/order": ["untrusted"]}, "reasons": [{"code": "LARGE", "rule": "A large refund needs a director", "scope": "org/refunds", "control": "FIN-01", "message": "this one needs a director"}, {"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "principal": "renewals-runtime", "action_digest": "sha256:29627822e5ce81e2c49e28363a51f149c32e722f8ceea4144451e6b2e8a990ed"}	sha256:54b11d7036662222566a534fcbdc6462ba9c41ac3ba064a32d00a27a0be74703	2026-11-26 08:52:04.178489+00	2036-11-23 08:52:04.178489+00	\N	00-73f1c893a24674c6e57c3e9aa8074e31-3bb227d9d8074902-03
\.


--
-- Data for Name: bundles; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."bundles" ("revision", "archive", "kept_at") FROM stdin;
sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	\\x1f8b0800000000000203ed7d6b971a4792a8bf36bfa2b6bce75c984508bad5dd12b2674fef5a9ee3bd1ec947d65e9f3b98a10b2a815a4115ae2a84b82df6b7df78e5a38a029ab61e333b706c3564e52332323222322232ea716b1ec4d15865f9579fecd386cf55bb4d7fdbdb7fdb175757e63b975f5f5db4bff2da5f7d86cf32cb831486fcea1ff373e7cf551e84411ef8dd3b3f8ff299f2bbfe2fd320f7d2659c79c9d853413a8b54eabd5369162550b652a9f2e641a8bc55944ffda6bf4ad2b7d9221861d3e56292c2237fd3f453354906d2caef76b0e05dc43ffc6c1a9c5f5e7587d79da7e1f8e9a51a9f5f3c79f66cfc74183e51e1b8f3743c7adab9bc1e3d1b874f2f3b979debeb4ef0f4e2c9c5d3f3f1e5d545d0195d84e3e1d5d30e0c9e26499ef9dd9e1f64998a732819c16c66c964a9e0fb229945a34865f03553791ec593ccef6fbe3a7de4f398b1f638582cd2e45d306be1a27dd6fddfe95c759e14f77fe7bcddb93aedffcff1f9dafbf38b3737dfddbcb9a97dedd1f6ef7abf4c136f0e78f19828143c0955364aa3450e9bb7eb7d8002cf7b33555eaa7e5b46a99a030511ab0866336f1cc5216e336fa846c95c7949acbc1cf9499479f0ef4c05d873e665791a8de89b0a46536c9d4fd5bceb29e0186b781a4c14711ffc49034ac74d2e1a26e1da5b4d93b917c46bddda53ef47b32500dbc49f5e364dd21c441b142fa274fddc5361842c009a841ecc28980538230071b64640c6418a7f7016c998c6a44ee177b2f2a2bc55031ef716e1e24dd3d29ba6568be60b18ca433eda9287b368d80a97298d50f53c1b250b55ab552f80828153181d709605eb0c275a5c92959acd06e3249dabb0aec16878d1d8bbab9d45d92019fe971ae5f649ed8c26a142affbad77e7137681277a7e9ce4f88710a4b24114e3af241e30c6e811e349d177c05f300411b1a99d8d92659cd779a0d65bb5ce1c381e79325cc3fbf65baf5d3be30107e3c8c2d4e232008d571ca718c5de2cca729893f43b51b68181b6d76f34709e67d2e4ce5fa4513c8a16c10c8184da2395010e56b14aa96016c48360990335f0731043c9321b10003815f84faf540b90a7bfef00a288abebf3a9df804954d72d603254f1da6f30c4f4ddc5ee46e301a6bf38880867510c36dca5c04e08f7777e30ce190d69c20b573d576cd1a2ba301924a138982b2ec5860dc21243b848a218ea1d0652538b03248817f51e74ce7c34addffeb5feb8defbeb7f3fee7ff8ef5ebbd36ffca1f1877fbe6deafe69c84dade6d08e908ca5f3204d8375dd5012d3a4a9157bf1723e0405a49506f144d53b4dafd36e5844e356864a5c9fc0db266a7a88147dc7088479fdb64cd2e5dcdf68e276b0057535ba5c8aa007b62580510ddd795b4ffa6bef86900b7ad61a38a9b74aa33c5731b127f817a7ed25ccad3c506c5a355909c0fc12c0c55dae66c498bd0f5e867c58ff8471a9d206b198af178a619786449cd43dce147a068aa9e9f9e93a63afb88cbde0d1ffebe33fed47cf068ffa77ede6d5f90657921be06cde4c934c099b06b53104f22106e8918c1847699637892dc3f328d54b82fa25f1e0564dd3558673eb8d619d42c37f41229d2529f4c9fc2d03565bbfa349b446490cea60dd65bc224710eb6f0163eda647bd359ad26dbfa151463f894210d49648bb811e76038b45f57a83a667fee33eb0958054ebefe2f2200e0b12334f26ccf84305a7b2b0e688575ad1da99e6dc5dc150138a90297665d2c811057894bb0084c1db732e169ee91027547459eba6819d3a4caeebd91ff8c8f2b4ae67be531bcd94ba5ab82a2ad66ca0ebe9afcdda46f6306f380364c3fb23ec28a17fdc48ac3ae05c044b40f26f415203ede7ab68a448abc8601df9e773ae9faf128b55784cf523dc4c6f81aa22ee90776b0d7639934d8f19c20759d432fea4187a55ef9bde247a07bb1111192b9164b5b37c99c6d8134faad7315b4f4e5091ecdc5606871255b74d9b1e5021f5dc78ae6b131f410e4343d1af7e4324294b71801c70dab3cf41eb0108fa96d174dd75a67a4526b441da94bdb68d81f25409537ac90ece8e6a574e0c9ed879c18f7e414be0b911afedda3abd76615af3e07dbd97014f6a719186058b0ca8cfe967c570346d4bd4c433b4aac86499abf739a1e46e6ba35488ff5d5b0e24a6e9d7f0a59e11bf7156c77180f1e09fbeee057f603704c3a60133ef75fab82742350e96b3dc6e3aec9435895aad5868b6a2cc87255e193e561b800a6de36fddc64616fd0c7091c2ad6699229114c4d90ad69c34e7d5140d023c84dea5a4b56609f374e02d20c3600f2a62ff333c01688d3d4c54d6aae921890ab5ced2f5e8af565dbac41036863c697f207326b41a4de500ffd3ead5f6ba1654aa4d632fd28a5d0106756b7c66200164e25f529d682ad90e327094afa6677ff471aebbb8d1d1303404088481a1e909f7a51fa8e37488d4707308a3b6f06aa5ef007b7474c36d0c17f441835f92785b18ded11156aee80ae8b471e82ca584683391115830a2f3df08f856042c3048513ef251954530f0bbcac3ef4dac7700a15004d25469a532f756a09a31e7cc61170cd7447dfad0ea4d83cc56ff5f19d3326e151819778b9c63435427521a51bd076061b3d19950e0ae4730721801f7462682cda1db594242126190ce9259480800c5312f1eda71fc3884fd97012966e30804a12b96b5228d3259564b64c26edd590ea8695677ab82f6ffc76f45e232c716deb2a33ab15ec6704b5731a427988f50282d96f6180e34284d183c207dead414eb0d61f57491392dcd4b9c8ab637c6307747e311f6a5b876e6ae579d9b3474298a0a5bb841a953ac28f8764eb00886b3443dd2ccfa0618830d038e69da8ac2fd43b8e7e2070c43cd5bd47cff3885f3f5ae81cabac3d65a6a758117f31bcf5d5bfbd405b4043b03595802841157660c127c6ad6a556f829f300628e66488779044ac42248333548c7a38b8b8b670360d97aacbce1fd8be7f272ab1f001554b7e5a9e2b386f7cdb71e8d04c07e49fb2f9c93d03696c4d9c7b7001ff2ff742eaecbf6df8b279d93fdf7f3d87f7f11cbc2704dd261b88c66619705c512b8a01596a85390955738013c43ab001fd26f41098c6fcb16d2da57a7cfdf87ff275ce6eb4fe1fbb9c7febf78b2b5ff3b9dab8bd3feff52fe9f57a0da27c3593411efc898947df2a4ae77aac3aca40b3340b3e22d29a42be61ef80f9479b152a06e427dadf7c379bcc98f4081467f061974bc7904cbf2568952ab7fc2d031e8e95d54a1695c3a6552efa84d806a0caa2fb949865017819e2b90d3e27ecaf9118aff29a808c0f208845594a92dcf0e6e879ab6bf85daf8065f41f78383e89dbf08f2a9bf6952614ea6b03b7f1ebc1f04c04be78b3ce36728e29325b7e033ad34c954fa4e51f14c8513b6cf077354a0758db942db305519c181593a04e0a3318fc6e6fc262a39092d4630ab8073160ce1cc5e867408b34dc6631c750c35d92f82e0eb0725e833387a358a903b450ea8162d0ea48811f67110b40bc4511a671a5a6ad3f5767803a082a008abecb234432dc6d2814a6248d85bc7807ba09eac17d582a7fdbb4eb373b9a9ffdad2bf9e6d1aff2a55c59e616b3edbd4e7d987ecc3fcc3f443d8e05a1af987eab90bb5bfee66ff99983667e069da071d304fa3e132471ba9381668f71b5e90d582d96ce0fa1e9d678e5b0689c37d52b2a5388fd88fe776182beb0339e01a8dc819627bab953bda728872ef0b2463b6a9bbae1e6a818e1ee447d6c5a9b9400f6d2cf8a80f95a40b6db9e49abadf475e55a30f9edea7b6b0a13b60fca0a912f0a3fb41dc8ce18c5f272e098d7a64be14f4d827d57e19bdcfa891f5c550b322af727b6074b1674a1c3eb533fabbc39fd66e18602c33b9577f7ffcd6ebe8ef700ceab46d47c2b64a1dddcb5b25a8a41e8cb3abc2f7b8d369452d05c9ff30fa9f718a7d0215f090fe77f5a41cff43214127fdef0bea7fda8eff00e56f9484a0fcd5fff3a79f5ebc1efcfcf2e67fbf10e3a4667fb3b5773b870324c81cd86eb724769219eb8bb778e8bc7d8e1bf7b6ec6f851ab38c15bf5b53d6a4aaa11aab949f7bb7644fb92d6999f7d02bb7b44041420d7d84465da1c816d6cb60a2a438f15cf0abcc85c22d96ac9f9df904dc7d5bc05f825fab6c45141cd18b692230c4eba3809e06b3fc8806f715d786b0d8600e45c0adc368941764b79469cffc9618e7e2aa182469f008973ceb493fc6c1589200378ffed2c77f5002380280830b70de0d1a141d716e880b3d2f62c40712bf4451b8afbe8336ac7ff5647f75bd9058f7fcf28aa60b9aa9ca55193f88fded6703c29bfc145149b4ab4391e02fadb2db7a9be2dc4570c3284c1c97bb70c5b88c86db31ef02b73798fb3c419bb03423ba6f50b809e1842477931c1ae8e170d44b5053e389d126980a44250045421a304dbefefedf3db4bbb638de621190e18a3c96c6dfe23118148c41962e346bd5f1db45875d95ffb1246d92f44d95a640bb12caa2e24984ceadd5341a4d0d1fb1332be82f45f2fb35bc7bb279546ff73aa0be7fe880167fde6f98dfbdce79ffd7f0c3051d85ded4f10ffc3c875a17fd46bd0b7f2fa1a071778e270ee88a8f1bf5bf7ce8fdcb2378f06bd8c57f1a4e14ce8e2d8a719c7a53ea781b732480433306e864de384de6b559320a72bdca4db2fe351c257a196320993cbcf3296806580856dbe59de320d2204b623ea45bfe10654d06672587770c85445f7ae80dd73589dde118d218f6a1a12b7420a357c73c2884e6ddf9493a01983ab40716419ae32a41c1b90d1c845f179ba6972d6651e5bee479c9c6f41ffb0d8a4d68e361d8720e3bec389a811a6ed1723feecd83602c4ebff639f4bf59347ccc07dacf6eff3f7f72d129dbffcf9f9cee7f7c31fdef05ba9a3da6866c87cec70fc9631eaa513447b7bd13a348312c75bf73de6eb72edbb851a0f03f7e7ef5529f20a925fb4861b096f7ef2027028e0f995bee1ce3590e9a722c36f4d9f5fc673eb28209708d5c7bb5fd4edbd7a38a6a07aa1fc7d194aae20306614bdbc3806d9eb4b1512137b9fd6bdd31ef34eaffdafdb555774c3c68e3b9b7ad42fac7c855fac601405b928d4a8bf24220e258a1bdcc9c7b46813f8c663358b47c9a354970d1ba6258c544a5cf3de0470ab82d3054d4c500316c3fc5109f1ab0f25ca2931007f53cd147f8d514c35bbd3fe0c95f3ee801b515e2c81a5e4c7424b56a7ac870fbec10c69921af1fa04589a73dc896439aec202e4e1743d56a67d831c5a32c87822609eef4310a04bb06be6980f2fb0d0a3e7bd638ac9b4a00aac15c8966482550e8217591860e2f3668910a212b1b0c9377aa2ef1acdc8890c108a5728ca7e09ff27c4f7828f43d53635241028feda05af3f86d093a0eac6eb3b8d2e5fdfa9fc555d69d18af9eee8602b1c438fe4eb56a386c9d2b330930c8a46ba91036cb3cca51cf2e16670b348a6d978bddd8a8f2528e1db3339c47ca7afcb77f68cd762183026bd224990b4deb6521ab1237911d6417857fa2dee84cf91fc573e9ca7f13c5f091358003f2bfd379725996ff9727ffdf9793ffdf091d641e47a9ad39304ea43bdaa7e5526599d7dc886865c53da0fdd5f46ee1603ccfd0d273d1a63f9dcb39feb93e9fdea2d7eff63abcad14c6e6f6148b230e0c9ea37e2eb207f564fb8b0b303af8aaed96a073e9c229c2b210ca9e5e3d710a37bb843e88f8a25be5be960e7bf9cbb9666378cf1ed9be53b2c7419cb0cce0db766688fdc23c7624b923a7e90f4a72c26e0fffed97e536576a7af2f041827b738a02f9fbe0ffec74f902e7bfabedf35ffbfcc4ffbfdcfd5fd63cdfc6c90a34a861b2645591ec48cc79620941ae3e1dde16e26499ac6ebd79b09033a0c4766778164938103b9d2cf9163114081de20d3872e2b1935ae2c1e1201172b835f9f988cdd1a050936ee96adbbef82c4988018967511ebd537c7f4e9863048521dab8ba7447e836c86f81d1cd549679eb6449d3072d7f8d4a71a57c6238abd9f50bc709c996ad786d66a903ce6bfc3724cf7b00e068afe598ef2a181f66053e7b83fe6e41c155b472cc9870b1d8247b9e478715f96e2b823050b33161919e10626b70ced2f732e902019d734cc907ae650a0e82565853720e8d9d05054cf1d53b7da07287be63b4e868f0c52c18a9a6eeb71a5974b65ea42021dfd7a5bebd645a44b534d8fcde1918e2aa1531f33166a017911a1e3903f7d46b08834cbeba57577f9075c0db737a3e4d735d020fbf426232a63cb110ae023ce615cc01064e7e563b33050e8931f4fee33c216b0f1101fd7cdcf6ed9d225b9c07339fccee5b283204691f2e170b7c8417d439da1b45409ea1d25aa7c2a6e75a16a4baffd8ef37fec79d0b5df98ff7e43f7ffe8ff693cee5d596fffffaf224ffbf94fc4726477797f9908164512de7bf07bea02d2f246dde46e8c2c706b75d718971d438ddf2962b80540e6c864cbbc61c4bec339c2890fb6fd8134457dbd8fbc42d694c380211ffb2a19f914e2d92e22d1d0e6387f3073208fd3c5b8e464a85782594737d78437133f1352feea952c8d3ec6bab00a4223a39897dd3edba28ec7a7751a8af1b467c511c9f846aa1a0cf41126fccbd54b9a627576970a3116236dcb50ab1efc1902e6fde51cf3c4b7d9791afbd4561c68c5380792ea342f9c6c2d1f406855a780b46aed940ef29665b5161dd3c06d6380bf2ed8706a63dc23c0a4dda175e67567552659783d75c5673a82620476a5c588fd85d27c0f5a2b07fec486122774b2768032d0c65490286035916eae168b2bb07439aa6843488481c0e4706a594a999281473d8886e84e2701721efde339c604692cbe07d5e14ff74e3170ed82870b3ae773b4983c5b4452b82371d6f415e256f45eda0196233568411dc55b0669c207004b1a8c23a8f0da206f376d116e4cd03634da6b2c311a07134ced716bfe42da12b8b23f83e495023a7aa6864ed3481554b5d18759e64b07f34fdd0fc1b8698635862973e7b5800644a1605728cea7400b092cbd8b4eb719071d566a03052fc926dfa6ed75c864f09864ded6c1ca40315d34ca1dff132c51af5437f0990067ec4ab7b4c633b24f740ca8c3e55e1dcb567214be054049443b0366dc03c54d3f73da1ca189125d99486304127fb012c0476d0aa99a18d179c315817dc0f55be522a6e6047eb04c679a48bfaf6bebf5e1a3a2004a95d9eda197503bd0af41ff0392e1775810fd8f97f47d57bb40afd5ebbbfb566d00c2f220b103bda7576b403a071fc7dcab9f0097b5f49f30973646da2349822e66e81f747b316b0faf0b61626e85132210d9ac723727ad91a7ecd81b84011247b5b9ffc501420802d40396cf95a0fdfc5ea6b7c295bb47aee922ea3d2b7e253331056303f8e9bb76659726a17932c2bdb484aa4acaf71d21cf05a9ef5a1c9185d3e3382af7462d93e919cec6d7fb3fa7f32f954d7bf0edeffbcee94fd3fedebcb93ffe7cbdaff6c701be5fb40ef0fdea93206418cfaa074a0d56aceab9f6e28fd017025a732b329ce1912cd28bcecad220dc256414a249686f606e05178161f4793652a1607149274aaa71407643f8c38400463a7bcbaee68001d65ad304d16035d84c93512960871627dc66c4ed0690528e4841519840b7ae1dbb0c132c4f1521019289fa1880705b99c862cbbe1399b273935004f15e390091dc09ed7c912f443c021a2147a36c16db3e82d29003427e38947ab24f9937066dba7936452abe1fcc8af932e55ed77ec7f9084f197b9ffd9b9ee3cd93aff77ce4ff1ff5ff4fcafb7cceedc9fb817cd1632093e2915572136b625b6704dbd693499e662ad0f24095c398a83626f937412c45146aa4f539f623c1bb5490a0ffa85256e531b61b108068ae1f8e33c6d14aeb7e9e460cf4563c268513caeea68e9151c53bb6c6fa0e49fdf7814be0c7fcbf1d1f40854f86f3c8ca56e79bf809e852c2ff0e00017e74ede19ce2a13af8909e999e3c90a0fa9940b1560a33139ec6d06a731b9a227360fca5a0647b716d41a01e126738631035e350fbae6f2aaacdde3779df27dfcaa44a4268b69c5337d0362477e53328e543c73aee41d97f9f48dc5967886344dec8843c4b310480958ba3a199f10a2061d501d912244818c172f8b90067b6b7d48a4bc3a6e9022556b951a68028eed43b142219db7bc9f13196a88de6fa7477dd410a910653a212a676ca470381684d1b890ff16aae231dba4e3e0b8414488e293fc70eddde29d95182fb800db8f80049d3e39f200a8ac8be352ae3c22a155b29c85782d3a0b22915670ac98235a90b8f0ea17c97da23c8e68336840bb0b8dcd0e41c233d37204488027b0a8e99a6472970591ce54665640eecec8f6f2bbfa06025d71c1f06f8ce3e84970343c7df96af0a7d7372fdfb881d25d4c52283791787365241dfd4d9fd212da4ba5d8179539d766e2e56c662ee30cf88a8d2ea5dc6a165290b6e4c119cbb187274cf7276859f9e2441cca0deab99a279ce0d5b933e1c3b1300e29b8bcd47b21589e87a26879244acaeb8866c14669744ccb86a4edefe94b678f747b938c5795fd11cdeeeb5008c3ed2f477765656f4489a5de1c2adeaa6f9ef907b263ea60239b1d1358604dd6688baef4ed972261c91503312ad8749d5cde3759e4f85a41a3829ec2651e71ba4d87a69cb446dba4e5fc6aee3bb96f099f32a7fb794a7b37b6eeb64c919ed914b31e6f574d4a9244d5d1b933f9adb307822aa9e51ce60aa43b40c5bc5f94ee14cb251f27e7fd33d9060b9553355e663675a7adba7593a8d00c4de4006fc50063ca4eb5050e3dd8aace379a2aaad303279de80e173dbb39d948449777cad8ff45eec833db59a5492ea1e989b18ca6680e26c62bb88085499296f78366bbef508f99bae92634d228b256cf0fb4880f926a761eccf84615bad6611f0e88df810830acd5292463145a4a6bb552e9dd4339ea663746f9261d1e4f68122adc85df1b93cfcf7805409ec08e8ec915534674299f3c2274aef282bc4cf954447c8172ea1512fad16b2974cabdaa7c792d833c213e07716e4965b2df0a8494ab48a23c82d12439d789f5f6b100e1545518b1dcc14d948c1e2ef8a73aa5724b6e47d9a8925d198f4da04929d131eefcdaa15e3abb7bd1d47db08ff3dd7dc8821cece2e2d064886f1cece6c9a16e88faedf6637940b7cdfa506a7e59a9d19aab74c20915abef606ef14727c56b29f333aa29b5723a68e7951dceaeb1a37d5bc583770685d0a64183433001fc5491223acef836248a65bedfc8360b5114c8aa21a975b433cebe9ba1e568854632dac9950a6530de74ee8c583ed4ce647c27a16a75ae3df76aa9beda4bbffa3bb27cd300e8a310106000194bd2a5ca2f9b2f75b3478321dd9edd75da97ae0f12807094e1f6bd13a88c8bb51e992569db35b6e617bcce72403a6ca3978a56a5252700d5c3f1b4823f48c6fcc2009cc956e1965ab8e213ee00476a92fa854a1d0a13ad1ea39634e17b95ec1798888684bfe8527914ea67781af1251389bd9829fef362026b3ea6b98f39552f8dc743775d47049693d26cf47c60f42ef4ced460fb609c19e106155e9a124246f3c0407304bde9394700eaba299a2fc8cc03f778f0e0457e49a4086a53b5c9aa0fbf3a0d839c43d1932326017dd0b4379285c4d80ac14e343efe1251b46aa4c2736a6bd0042be84992f448924a9adcfd49298a39c7ce8693fe6b0f9e4eb44bd11c24cdbb7c3f40e6468b90e9532ac6947b98e1c8784371b4a99ac169b33c1282e4d26c8154cd255c595ec44d2c4979101dfda63dd451defb3b4b4858877f00813574089b6ee9fd93302e77cb3820ed05638bcab6488940d1db4a3f155abef3d9bc0c5f9d2dcf6542a8e62039104220b8363891f23cbeb5f310ec14990d553a1cc5f2b5f78242232689892b58152eb02d7336a39bc0a2c2e32cc78804367faf024c48bc053d4905accb1398247c1b702b04076726ed36b5330d0cd494f0368e5020efb8268728ec3b413bc5ee701c920638348afb990a07f2be94263d6dea19370ee1e939e9afdac72a9d93fca8e8744033e6ae24b2b43ac808b181fdda2e77f468c02cd32757da4ebb5e60c424656d49635388ea348efa12704069fa0941665390f72a63a7e831e3c945d159085a0c9f570fc65c41658b1b3c5f49db0f3ad640f080cb5eec892b6ee8fea2c6a3d66d8eb560bd79fdc3cd8fa5c35620f6ba92e5eda318b0f66b20c27f4907615b255a0540ff384206e5053b225bfa75da73e93f9801d69ebba68a391cb0141b203834a755d387b6fb8a20eefb0819440e4a23862a8a77aa3432d441ad866443b552c333daafd3f4fa459dc58a1a5bac69c0d559e4c9ef535b74f7f7d2571c82b10771a3c81b8bdcf1e6dd37839b1f7fc4ff5ffdf2e2bb2d9b445e30a36bcdc610aed8d23fcabed9330739a91527f1bb872cbc91c3a6b2d7bb0213d5496e71f7d8c3b0dc2b31a2320190e427d8f3f6bea57ebf4e607c6818ce9415523a7b37ece0a2dbe3681990268bc58cadb234a435f5b255881e64c1fa395ac5f4383472e4dcc019e2cda274a9f3b4c649ab663b2a58e2b5ada9f8fc732cd8994f6844e337feb52b583281c9577cc8e7c4ba634735863d4465a3c2ccc7b623bbb370280a390cf006a7e8d2949b9b4331b28247cd666fefda885059d2663997b7390b70fa6eb94c61ae8bc20981062fa57bb243f48aef03c04efa52662a712952ee4303134e9fcf1affe5d8ad3efbfdcff3eb8badfcffe7a7fb9f5f36feab90465b27d3a0580860ecd30acdd1890c71d2fbea987d6477d685d7f25efcb6044518fa665b176a40deab31288bc0cee1c12de5aabe65bd31563631d958add028a753d7d2981473d5c4a14c73495d7d5b780dec73f77e1e79908230ccbce5622bb4ca895fa80a60a0ece00f7fe5eb2899cd407973add1a4f03aa7290783c63069e357c2969b92b93ae1b2ab47176a53a6ffad8ccb7bbc132e302440d8f7883a8b378ede63bc0f9ee9cbf4f0e704d7493456cc2943c7826641ded89c6e729098b76a623627cbba15a67b51204e29a7291d56eb75b90df0c1ba510644588d4291100bdb78ee351cc96ae95c8e31a5d78e9935e6b3ac4ef8cc2e004ec48ef61ec9b0bea1d79c1640aca28dad775c9221cb4de54c59a2fbbb613170b07300c140e386d852a47ffbc6b92d1cdd0f2af7753874b691379b1d019bc1cc6ee84ec2fb23ca7fedd1fc1401a007e23f2f2edbe5fc0f9d8bf629ffdf978fff16a94d46006306b24c7147e4773c5bbb3944337b5ee444420a7d5c9847b45b746117e23d756129dc93fa2d867bea406c09f9b4a5ba22281b781cb28945bd7990a2f16a7fb6d32da540a4f711fa80c91fedcec270d0e231ca56d95b9d6659a8fcb5a4069aeb17184a9e26b2b853480a704dbc2a48cb3022fb1d1eb7c9374b4773b6e981041e46a19753e0baf882b5794fc712b5b4750883fe40deacc97d8977ff10ad9279a81019dc743d003a7c4107e1f3db0829b621b3e65079596f8bcefa46fe92eed9e363259e8bd9694b02c8dccf23dceb78b116d0536ff176d217d7bd54fb271df27146a75f8e52a3bbfe8fd19d48f9619b1eb693b4caf70281449a5d153226db45dc09a2add3b35ffb0f80dac965db74463e7e223b00152aad3cfa1f0fad4eb4dbf4b6fbdb013259661eb6fc1c00f2fb977f0f089f60f98f82fab8e53f1e970797ff28681fb0fce53896875142b9978f4014f703ec13d0c743e7721ca9fc2ebc1fa49a87cee141fc235e3f947dc4eb8fc23d7601f04998c7fd613e96771c89c77bb08efbc3fa808547ebfbc3169ea2207fffc2ef06e0132cfc31301fb7f047e3f1e0c21f03eb0316de31d83c6cfd0b56b3df4d0607c1f904d4f080191c47140fc5f141da7800e4f72491ca9c2f721b508e480186af52543f05996b372cdd99e22361f9e44b074c38e88ca66a44172029a34b90996cb02bbaa8410725399ca2814b92b8ea8b1a934465cff900cb57a41527c497cc2d94e723e317ac141578041573c4d44d70314fba14d1ec14b2e9ad7422a849ef25fdd0f6ae5fe1726cef1282cdbdef5629ec40152fa13976cc2dddc24cce1560eedce88d38c74f0da497745d6491b66bba60737cd71285afbb31eff529f483fb4d536fe1f58bfa1549e629daa975d0bb7e910b19e439e749d12c4bad9f9b20f9ca77335148e1fdb614dd2da9b1fb88e0a0f96ec55f3bb43de8dfab63ba219f50ae2b8e203fd83d13f711dd6bdf97a6a3ad8b218746dc22f87b0e4ea445a11787e704347dcf5eb33c594844405ca3d08443bd1359efecfd172718a449011dc03f3929176d819a897170ee5e94c5deae975431bba96207e537589db9bbc96c88c286326f03932b3a98be1a01d9da59d21c368f0425b9c2c6236123af3506ce2eb7a7dccbe579822faed49dfa912473d0af53d5fdfb7d37b7940d8efaf3cd8fdfbf7afde717df0dbeffe1e5773fbcfc53313c4abe997704c90b967023de07d53cc7928371a76b11012787e1bef7be16f0740835c5a14ba871c3740ee0e6d5bffdf8c39f6edefcf0eae5bdd17378c51d0720e5a3d214c35c9ddc8cfcd8d2c8dfbbff875496acf55f59127faa310ee5ff695f95e33fda9812e4e4fff90c1fd85a41a632bfdbeb377dce23e1777d1df345b4f1f85dc76ffae417f0bb779bcdc969fa3fc9ff4b07b34fb9fb0fe7ffbd3a6f17f77ffbfaea14fff5f9f67f1ecc92c91244e51dc78de33607fd2a7bcb7fed5b127d7c89533452c00e30ff4536c0d4a7035077887bcc83357cf1b369b26861ae52a845df17f8766efe9a8306e1435514a7d01d8dd1f493558cd74efc29a88b8f92f1233b0ae998f0e44682a339e90d7e5b4d134a208eaa6c94c2c93a566bba32e66f364d9d9203c01fcde8859fc4b89ada4640bffd499284781573cf2cc9924095a1e542a578cb177f51280a7ea137c5430b7a0d0a0dad5ffc8ea8e06a305fa9c641fbfe4670858140d21385f90292de460b44e6c6a0c80009688a0771627299c1333cf5ec459f5c05ebd95b6d85d591eb3eb87672b141af48904e8af3fce7548de131e3a3c5c538db10c69c4531404ac1d27405425a11c0e3209a2d539c087e83328c29e7ca9b66192c26140d95c5de47050ec3b4f18ec4d1d011ed1e011e6e0b031bdfbda426ad6499a37d8a928fee8613f4627518cabedd233f05789d40eed7d1e549b4246501a590952cc3d01876ac904fc727722574fc2d6f0177c54e1be06f670348477fc33ba04cee301267db25f07052f857c88c7ec2703adb2ed5214241b9a8df4fe350bc2565351ee337c46d80988d42355f00f48814bcffd0f439032e367eccb306fc2da2c8efd376c996f8aef58a8e751464d7bf6a678e3cfc11c0b2535d2eb0ee82f7d33d21a54b24fb417d1868b208f22a4d96c8787a60397b4fe8a23455b472c3d92701f217ca66aaaf2e895241f4a17949943f7228c1b67cc3f1e448297992cc06f45a4b6c802f3a0fe235748254a6f29c4c3c00d42a8ac36445fb75a18096d3640ed5cfdbe7578f3a9d47e7576fda4fbb9717ddf3cbbf60dbcfaeff6b9fcce3249d3ce62dfdb15f017640ffbfe85c6fbdffebfaf4fee72f17fff99aa9801c58e9922f71e83748083fe5dc4c18b05f758198d912bda183ac819cbb5e0249814f210728e7b0a48dd7f54a32dcc460baeed99690e9ee2b0b2888281b4d98b8ef8f0f16fc3aa010b77e98401be6230c81bc85bdebfdfcfaff3c6a77c45d514e18a4bd2ca5cc803a47834e26611c2f724df1cc98306f7efae9d50f2fdfe0ad572c76eebde61a724a004c89b89adc925f0f0f5518342ea657c5e34df37b4f18db912554d6607b2e74d594a7a0cbab52d293b0d999f70bb09a62a2575a25caf6454929e9727d92eec2faf73fbc44ac6fb957762c804c01f3e69b97371500462d84f50d58961f6f5effe985dfd8bd2a5c617b4522bee9509ec4d6c230f4c585398008aeecdc424580f03a39064df37d69e89c7aca8299ca06b6a1e7ffb64cd225beebb44397a0a11da84bd808d4f4281e458b000fdaf440bd5f40c36c10e11d56ffe935b0e2a9cf8f40b7a2a76bf7caf6d9a6b9e79ef1cfe844900d487e371324cc826eeff29e8b93ee23ade99b17af714dab133f49fe9a089d9bdf78d575c8f8a585758b27d032627a0fb9e005f6fffbe24de516e66eb46f037baba696f322b51c422cd736d925f742be6f015f72e2427aff8fc958bb6bd55efdf4336e4ad76763d64eeb5bf6b20ef23f4921420ad7a622efa7e62e27d3ebe973fa9c3ea7cfe973fa9c3ea7cfe973fa9c3ea7cfe973fa9c3ea7cfe973fa7cf2cfff07566d24fc00c80000	2026-11-26 08:52:02.764193+00
\.


--
-- Data for Name: effects; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."effects" ("run_id", "step_id", "idempotency_key", "action_digest", "permit_id", "attempt", "status", "intended_at", "settled_at") FROM stdin;
5e463c3536894c8bb52ffb7690ba5563	order	83bae324328dd99aadebec5d31c536b3b190e99b7188d5fc8bc3cf532c055ceb	sha256:c119bbef58cff3da14d084175e59e006a3c96168d39abbfcac3c7f95ac753a68	59054f3df52f4351948ab4ebd2d0f566	1	succeeded	2026-11-26 08:52:03.35702+00	2026-11-26 08:52:03.37372+00
5e463c3536894c8bb52ffb7690ba5563	refund	ca0c4bc0fc25a2a889907b37c49b49e716e87916ab36fdf5ba33c80161c19107	sha256:663cf051c7c7438cd7c638f4a2fd95e7e1b84bb4f33aaa3eab3571940297497e	acfb37a5ff944b6ca57c9ec3183692dc	1	succeeded	2026-11-26 08:52:03.419374+00	2026-11-26 08:52:03.430983+00
5e463c3536894c8bb52ffb7690ba5563	note	56ead2892acd8910d3cda0ce275a5f32bf5cb48cee3f03a0477c3dd4802f0761	sha256:9c2c8074ca4d2ddcd867359678d6011a6d412d4007e0bc2aad80cb60d0b84136	104236dd590642c8a9d25c6491a04458	1	succeeded	2026-11-26 08:52:03.469199+00	2026-11-26 08:52:03.478219+00
6135b03dc82c481abcee46f4f15c412d	order	ea0aeafbcec9e00d2d57c9679120da9e2d47b87c199e400d09ffc63a81ffdfc0	sha256:fd99c0d8f9d0270c7462e6f1e6d79de900934d1a9d3d486737485956874980a5	a74620105da94729addfac33746e46d9	1	succeeded	2026-11-26 08:52:03.602734+00	2026-11-26 08:52:03.614091+00
d5a9bf2036d64041af11014fc52a9a86	order	95be86650ec3935a47330e96fb7146252676e73067a93dc4926e1adb7c50c694	sha256:b9acec0edff2ce348a9c5191a4f1b6b547995cf558f2adf507d9168fb2b1ee41	e75961533e124393ace5c7a522ec3c1a	1	succeeded	2026-11-26 08:52:03.768897+00	2026-11-26 08:52:03.778832+00
6cc72195539c47fc9d96d761f014bd94	order	daedf2e5630ae20b9c300575c7a120fbead2e1bc79e3f409d341c0be03caffb4	sha256:475e787162ccc188ef24d2d3e705abcb7e84b66d32c0c27cc6748273fb9184f8	de273a1c8c264be4ab661e9ab1544f23	1	succeeded	2026-11-26 08:52:03.973286+00	2026-11-26 08:52:03.99199+00
facc17266d7a448a9664c0d0491737f0	order	23b0406e8c5de7fdb016a38cbf58449e16fecd0ac7dd703b9310e55890467ca9	sha256:2c8996c206efdd7b1d61bdd8db44173be3fa1997b9eaffa380e7c6a42a35e4a1	9dd323bfb3df42108480ed06ae797fce	1	succeeded	2026-11-26 08:52:04.025061+00	2026-11-26 08:52:04.043994+00
6cc72195539c47fc9d96d761f014bd94	refund	1fad7ad585759ec7522919c06d4b988c66e88789fa60d3740fbae156a54471db	sha256:d4c639d5b54a6fa84c58417cd157c38ef0e9bea739530e7eb0a1e76f1ca6ead1	9c5421711bfd4346937ca983e9c43d7a	1	intended	2026-11-26 08:52:04.084548+00	\N
facc17266d7a448a9664c0d0491737f0	note	f5a15df9b169846b5fddb4bdd8a15042ead69106d245ed605600648962671483	sha256:4b424fa9297f9688637a3d59f35b1a3b585eda1ef2dd5d1b8f28ad54fc3dd534	f1fdbbade0224e6cb32c1723ae7388ca	1	succeeded	2026-11-26 08:52:04.144249+00	2026-11-26 08:52:04.164925+00
f2cfb640a3be4650875c8fc4588852a0	order	ccda2921e00ec43c488630a0b32778fdfe2b1e16d38d111a18ab8cd7736cc244	sha256:40ab587c043ea525fc7b22ca9ac14dc2b89b9a188a69b11214a7eec86b70f9a0	b04cc37472fa425799be946f5acd7b9a	1	succeeded	2026-11-26 08:52:04.316128+00	2026-11-26 08:52:04.326545+00
f2cfb640a3be4650875c8fc4588852a0	note	bb24823f5943e04c9233457871641bc9272fa45069891e99ece06458bbd09d9b	sha256:cbdb56dc7b5a62dba48e2ae83e9c62f7b81cd7443dd0a571a3911d568deaed50	4358e2d1f43b4fe3a94c64feb67c93f9	1	succeeded	2026-11-26 08:52:04.372887+00	2026-11-26 08:52:04.392315+00
558fb75dc4de41c1a8fcd5db29a6a7a1	order	4c33421f8ea1bc625e54c65423af53217fe03eb77313b76d4064fb879eb049b1	sha256:e34147dbfea2412212c5e54fd9f81e7a86f8f06d35b20c2a792adf4818088f58	b700703976f2422d84fcc33ede369c9e	1	succeeded	2026-11-26 08:52:04.536756+00	2026-11-26 08:52:04.545804+00
558fb75dc4de41c1a8fcd5db29a6a7a1	note	9445f7d0e246b2200da3e4c0023c05fcc794214778fff4fb34b1a451ecf5e1c7	sha256:52f59a6a6c809393a9198ce92a54ece1630c42824588a619767ab7db3a9b34d6	ba8f6f5aa18144bd82b20476a58569c1	1	intended	2026-11-26 08:52:04.602515+00	\N
558fb75dc4de41c1a8fcd5db29a6a7a1	refund	7296c7b16640d1994c67b9e1ad919883503d23d956dcca55d72bd8593c057663	sha256:ba5286d652be01506f982b5b6e7fe1ac455f93c3bbf47c090853db852656a179	09813ca3d95843bc8c7db8dcbd6a43e6	1	intended	2026-11-26 08:52:04.61653+00	\N
\.


--
-- Data for Name: heads; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."heads" ("tenant", "seq", "hash") FROM stdin;
local	75	\\x98edd615f53b9a0ded1cca5c59fbaed596537c3e6096b45bfc63a085a4188fab
\.


--
-- Data for Name: permits; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."permits" ("tenant", "id", "holder", "principal", "agent", "item", "action", "effect", "action_digest", "idempotency_key", "decision_id", "status", "late", "issued_at", "expires_at", "report_by", "reported_at", "closed_at") FROM stdin;
\.


--
-- Data for Name: requests; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."requests" ("tenant", "caller", "request_id", "request_digest", "answers", "answered_at") FROM stdin;
\.


--
-- Data for Name: runs; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."runs" ("tenant", "id", "request_id", "request_digest", "process", "process_version", "revision", "plan", "plan_digest", "principal", "submitter", "state", "reason", "cancel_requested", "traceparent", "created_at", "updated_at", "finished_at") FROM stdin;
local	5e463c3536894c8bb52ffb7690ba5563	\N	sha256:d4a3605f81065b8009e79a38202c72566e64a4b3346b71d524d5dff5a39a3c60	refund	1	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	{"steps": [{"id": "order", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": [], "agent": "desk", "action": "shop.look", "deadline": null, "on_failure": "fail"}, {"id": "refund", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.pay", "deadline": null, "on_failure": "fail"}, {"id": "note", "args": {"to": {"$ref": "steps.order.output.email"}}, "when": null, "after": ["refund"], "agent": "desk", "action": "shop.tell", "deadline": null, "on_failure": "fail"}], "inputs": {"order": "ORDER"}, "labels": {}, "process": "refund", "request_id": "", "on_behalf_of": "", "process_version": "1"}	sha256:f9cf7b4b47b230e534b1e9cc1f7167f222858573e13309ef19cd1b2160ec5f5a	{"id": "renewals-runtime", "authn": "token", "roles": ["submitter"]}	renewals-runtime	succeeded	\N	\N	00-768fed26fd5e8621da096c9b0a589282-d4d06affdc92d7ed-03	2026-11-26 08:52:03.243174+00	2026-11-26 08:52:03.504049+00	2026-11-26 08:52:03.504049+00
local	6135b03dc82c481abcee46f4f15c412d	\N	sha256:b1c7b29641fad80762100553220254b9401fb339cee0ef406f706731fae0b8af	refund	1	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	{"steps": [{"id": "order", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": [], "agent": "desk", "action": "shop.look", "deadline": null, "on_failure": "fail"}, {"id": "refund", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.pay", "deadline": null, "on_failure": "fail"}, {"id": "note", "args": {"to": {"$ref": "steps.order.output.email"}}, "when": null, "after": ["refund"], "agent": "desk", "action": "shop.tell", "deadline": null, "on_failure": "fail"}], "inputs": {"order": "LARGE-refund"}, "labels": {}, "process": "refund", "request_id": "", "on_behalf_of": "", "process_version": "1"}	sha256:e14abb03cf57430fc431ad6c54fb072c8621d0f7321f6f25f9298238f55ef264	{"id": "renewals-runtime", "authn": "token", "roles": ["submitter"]}	renewals-runtime	waiting	\N	\N	00-58fce1aee53fe0833da918d881414ef9-1b09b0223ca9dc39-03	2026-11-26 08:52:03.532352+00	2026-11-26 08:52:03.655228+00	\N
local	d5a9bf2036d64041af11014fc52a9a86	\N	sha256:0c8ad0f5191fc1fc8e88045469733aa946bf9335374af1ee7c0c21d3eae5242d	refund	1	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	{"steps": [{"id": "order", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": [], "agent": "desk", "action": "shop.look", "deadline": null, "on_failure": "fail"}, {"id": "refund", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.pay", "deadline": null, "on_failure": "fail"}, {"id": "note", "args": {"to": {"$ref": "steps.order.output.email"}}, "when": null, "after": ["refund"], "agent": "desk", "action": "shop.tell", "deadline": null, "on_failure": "fail"}], "inputs": {"order": "LATER-refund"}, "labels": {}, "process": "refund", "request_id": "", "on_behalf_of": "", "process_version": "1"}	sha256:39266fa099baae4f9a1aa2cd5fe3d403dfc9af17af12d82a48451d863e958890	{"id": "renewals-runtime", "authn": "token", "roles": ["submitter"]}	renewals-runtime	waiting	\N	\N	00-4adbb6952aa1d8eabdbc653f1d6421ad-57943b557ffd6c79-03	2026-11-26 08:52:03.681556+00	2026-11-26 08:52:03.822635+00	\N
local	6cc72195539c47fc9d96d761f014bd94	\N	sha256:7ca0fd6ec171539938fb9afa2ac7937241681570dcbd4587f427be0188917eea	refund	1	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	{"steps": [{"id": "order", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": [], "agent": "desk", "action": "shop.look", "deadline": null, "on_failure": "fail"}, {"id": "refund", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.pay", "deadline": null, "on_failure": "fail"}, {"id": "note", "args": {"to": {"$ref": "steps.order.output.email"}}, "when": null, "after": ["refund"], "agent": "desk", "action": "shop.tell", "deadline": null, "on_failure": "fail"}], "inputs": {"order": "HANG-refund"}, "labels": {}, "process": "refund", "request_id": "", "on_behalf_of": "", "process_version": "1"}	sha256:6ab970fd7d7831416161bb1b00d26eeeeee9ee38d38e6402f948d27430badb78	{"id": "renewals-runtime", "authn": "token", "roles": ["submitter"]}	renewals-runtime	running	\N	\N	00-728970f1690c064ae3bda804d2fd9185-a51a5c573fadd2cc-03	2026-11-26 08:52:03.845948+00	2026-11-26 08:52:04.0799+00	\N
local	facc17266d7a448a9664c0d0491737f0	\N	sha256:935f5b658f11fbc2b46b0efa635cd06209756bdd8b2738fdc06e8139479d45c7	goodwill	1	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	{"steps": [{"id": "order", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": [], "agent": "desk", "action": "shop.look", "deadline": null, "on_failure": "fail"}, {"id": "refund", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.pay", "deadline": null, "on_failure": "fail"}, {"id": "note", "args": {"to": {"$ref": "steps.order.output.email"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.tell", "deadline": null, "on_failure": "fail"}], "inputs": {"order": "LARGE-goodwill"}, "labels": {}, "process": "goodwill", "request_id": "", "on_behalf_of": "", "process_version": "1"}	sha256:d459c5332e5235386ab5f28a3acb1507249c1600d274e57a7661834d42436c89	{"id": "renewals-runtime", "authn": "token", "roles": ["submitter"]}	renewals-runtime	waiting	\N	\N	00-73f1c893a24674c6e57c3e9aa8074e31-a4b64647de85e6ee-03	2026-11-26 08:52:03.873464+00	2026-11-26 08:52:04.180803+00	\N
local	f2cfb640a3be4650875c8fc4588852a0	\N	sha256:c69a7c9937e25332c5686dcadd4b9c5cf9198a9518347aefcf1ee5080eaa1eb2	goodwill	1	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	{"steps": [{"id": "order", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": [], "agent": "desk", "action": "shop.look", "deadline": null, "on_failure": "fail"}, {"id": "refund", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.pay", "deadline": null, "on_failure": "fail"}, {"id": "note", "args": {"to": {"$ref": "steps.order.output.email"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.tell", "deadline": null, "on_failure": "fail"}], "inputs": {"order": "LATER-goodwill"}, "labels": {}, "process": "goodwill", "request_id": "", "on_behalf_of": "", "process_version": "1"}	sha256:d40704b460b938bc2d8bbde888c5abe78743df0196fa1f6b830cb252aa2463bb	{"id": "renewals-runtime", "authn": "token", "roles": ["submitter"]}	renewals-runtime	waiting	\N	\N	00-aa5e6fb6ac732904970a7dcd2e3e3602-5a0c4e770141ba7f-03	2026-11-26 08:52:04.206087+00	2026-11-26 08:52:04.410078+00	\N
local	558fb75dc4de41c1a8fcd5db29a6a7a1	\N	sha256:d589c687fca22558197f0ec4575704ee642e84a4f3ccbfe5a907dbde7390eecc	goodwill	1	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	{"steps": [{"id": "order", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": [], "agent": "desk", "action": "shop.look", "deadline": null, "on_failure": "fail"}, {"id": "refund", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.pay", "deadline": null, "on_failure": "fail"}, {"id": "note", "args": {"to": {"$ref": "steps.order.output.email"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.tell", "deadline": null, "on_failure": "fail"}], "inputs": {"order": "HANG-goodwill"}, "labels": {}, "process": "goodwill", "request_id": "", "on_behalf_of": "", "process_version": "1"}	sha256:ffd051d15cd9941f7f819c592362791856150f06070e75926f2449a3e5a87bce	{"id": "renewals-runtime", "authn": "token", "roles": ["submitter"]}	renewals-runtime	running	\N	\N	00-67e114c2c5fc78e186709bc95f276031-ab72d259fd9f275a-03	2026-11-26 08:52:04.446929+00	2026-11-26 08:52:04.613711+00	\N
local	88125c8a776441f2b828a97e937b9d22	\N	sha256:fe9739befdafe964d56dfc1d9bcc0a83470241fca2d6c67c69aa9998a5f9e2d9	refund	1	sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681	{"steps": [{"id": "order", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": [], "agent": "desk", "action": "shop.look", "deadline": null, "on_failure": "fail"}, {"id": "refund", "args": {"order": {"$ref": "inputs.order"}}, "when": null, "after": ["order"], "agent": "desk", "action": "shop.pay", "deadline": null, "on_failure": "fail"}, {"id": "note", "args": {"to": {"$ref": "steps.order.output.email"}}, "when": null, "after": ["refund"], "agent": "desk", "action": "shop.tell", "deadline": null, "on_failure": "fail"}], "inputs": {"order": "STOPPED"}, "labels": {}, "process": "refund", "request_id": "", "on_behalf_of": "", "process_version": "1"}	sha256:34b6320161fb1aee2193aa829d1758742ca659ca78985b68a88cef6920f40046	{"id": "renewals-runtime", "authn": "token", "roles": ["submitter"]}	renewals-runtime	planned	STOPPED	\N	00-edc4fd3ddbefd1022d786e0a896e86bd-b91231507c3f062d-03	2026-11-26 08:52:04.639019+00	2026-11-26 08:52:04.672919+00	\N
\.


--
-- Data for Name: shadow_counts; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."shadow_counts" ("shadow_id", "tenant", "outcome", "count") FROM stdin;
\.


--
-- Data for Name: shadow_differences; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."shadow_differences" ("shadow_id", "tenant", "digest", "difference", "count", "first_seen", "last_seen", "examples") FROM stdin;
\.


--
-- Data for Name: shadows; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."shadows" ("tenant", "id", "revision", "signed_by", "archive", "running", "started_by", "started_at", "ended_by", "ended_at") FROM stdin;
\.


--
-- Data for Name: steps; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."steps" ("run_id", "id", "position", "action", "agent", "state", "attempt", "reason", "message", "decision", "decision_id", "output", "labels", "trace_id", "not_before", "started_at", "finished_at") FROM stdin;
5e463c3536894c8bb52ffb7690ba5563	order	0	shop.look	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "8c9c7ab5-b5d0-4bf1-934f-58b322fdb944", "duration_us": 3345, "input_digest": "sha256:3bd76080cf236662adc3a91ac4d45c023a2a3c71d96c0e3956a6d59efcb6cfdf", "engine_version": "1.22.2"}}	8c9c7ab5-b5d0-4bf1-934f-58b322fdb944	{"email": "order@customers.example", "order": "ORDER"}	{"/email": ["pii"]}	768fed26fd5e8621da096c9b0a589282	\N	2026-11-26 08:52:03.351928+00	2026-11-26 08:52:03.37372+00
5e463c3536894c8bb52ffb7690ba5563	refund	1	shop.pay	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "61b501bb-0f04-491d-8880-a87a62b9c984", "duration_us": 3174, "input_digest": "sha256:ed5734f5ff0b2495d57634714afe0728683341b31405e7766b290b153a576999", "engine_version": "1.22.2"}}	61b501bb-0f04-491d-8880-a87a62b9c984	{"done": true}	{}	768fed26fd5e8621da096c9b0a589282	\N	2026-11-26 08:52:03.416946+00	2026-11-26 08:52:03.430983+00
5e463c3536894c8bb52ffb7690ba5563	note	2	shop.tell	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "61e24ea6-93cb-48d6-b93c-512ded10c81b", "duration_us": 2414, "input_digest": "sha256:c324ebd3d5c4237e19723fae809a99972a90b344e862b1842f38ab9401de0a15", "engine_version": "1.22.2"}}	61e24ea6-93cb-48d6-b93c-512ded10c81b	{"done": true}	{}	768fed26fd5e8621da096c9b0a589282	\N	2026-11-26 08:52:03.46725+00	2026-11-26 08:52:03.478219+00
6135b03dc82c481abcee46f4f15c412d	note	2	shop.tell	desk	pending	0	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
6135b03dc82c481abcee46f4f15c412d	order	0	shop.look	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "3a61d1f1-9e45-4db4-a8a4-05f2c87665cd", "duration_us": 2812, "input_digest": "sha256:454db9f955ecb9e01239b0bd31c9680fe0088b11c6a2350b0c7bca58cf59a88c", "engine_version": "1.22.2"}}	3a61d1f1-9e45-4db4-a8a4-05f2c87665cd	{"email": "large-refund@customers.example", "order": "LARGE-refund"}	{"/email": ["pii"]}	58fce1aee53fe0833da918d881414ef9	\N	2026-11-26 08:52:03.600717+00	2026-11-26 08:52:03.614091+00
6135b03dc82c481abcee46f4f15c412d	refund	1	shop.pay	desk	awaiting_approval	0	LARGE	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "LARGE", "rule": "A large refund needs a director", "scope": "org/refunds", "control": "FIN-01", "message": "this one needs a director"}, {"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "require_approval", "approval": {"not": ["principal"], "stages": [{"role": "sales_director", "quorum": 1}], "editable": [], "escalate": [], "on_expiry": "deny", "expires_in": "87600h"}, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["FIN-01", "OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "c3ef5f0a-1007-4d6b-84e7-2b09774265f5", "duration_us": 3242, "input_digest": "sha256:aaeaa4ed57f8656a7255f28aaab7e7548c81b7c737e1d99eb5f47b2839cf0a2c", "engine_version": "1.22.2"}}	c3ef5f0a-1007-4d6b-84e7-2b09774265f5	\N	\N	58fce1aee53fe0833da918d881414ef9	\N	2026-11-26 08:52:03.651194+00	\N
d5a9bf2036d64041af11014fc52a9a86	note	2	shop.tell	desk	pending	0	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
6cc72195539c47fc9d96d761f014bd94	refund	1	shop.pay	desk	dispatched	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "1256786a-7719-404b-b41c-b7b586b3e87a", "duration_us": 9598, "input_digest": "sha256:3220ab0c03e02d1dd7cad1fc40d5dfd591a516f52c8bc27fa8099861472e2819", "engine_version": "1.22.2"}}	1256786a-7719-404b-b41c-b7b586b3e87a	\N	\N	728970f1690c064ae3bda804d2fd9185	\N	2026-11-26 08:52:04.079699+00	\N
d5a9bf2036d64041af11014fc52a9a86	order	0	shop.look	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "e2a82906-7114-400b-8086-c3210f3480d4", "duration_us": 4597, "input_digest": "sha256:b201a936bb463e4c0d0c9769538416a95d717ce6d6028a3191b3eb6f49ea8845", "engine_version": "1.22.2"}}	e2a82906-7114-400b-8086-c3210f3480d4	{"email": "later-refund@customers.example", "order": "LATER-refund"}	{"/email": ["pii"]}	4adbb6952aa1d8eabdbc653f1d6421ad	\N	2026-11-26 08:52:03.765894+00	2026-11-26 08:52:03.778832+00
d5a9bf2036d64041af11014fc52a9a86	refund	1	shop.pay	desk	deferred	0	NOT_YET	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "NOT_YET", "rule": "Some refunds wait for the window", "scope": "org/refunds", "control": "FIN-02", "message": "the window is not open"}, {"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "defer", "approval": null, "defer_until": "2026-11-26T08:53:25Z", "obligations": []}, "provenance": {"engine": "opa", "controls": ["FIN-02", "OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "a0777748-ea5f-470e-8432-36780bc3a32b", "duration_us": 3446, "input_digest": "sha256:cdd825b4943390999d63b5849ee4f04bf30fade6ac6357ecf1ced0c9393994d2", "engine_version": "1.22.2"}}	a0777748-ea5f-470e-8432-36780bc3a32b	\N	\N	4adbb6952aa1d8eabdbc653f1d6421ad	2026-11-26 08:53:25+00	2026-11-26 08:52:03.822505+00	\N
6cc72195539c47fc9d96d761f014bd94	note	2	shop.tell	desk	pending	0	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
facc17266d7a448a9664c0d0491737f0	note	2	shop.tell	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "07ab41e5-a4ba-420e-8095-b53b3b5f450d", "duration_us": 3718, "input_digest": "sha256:48f801d83cae82214fc926f9915b991f2b3957893ab0b0bf1333ebee10c19219", "engine_version": "1.22.2"}}	07ab41e5-a4ba-420e-8095-b53b3b5f450d	{"done": true}	{}	73f1c893a24674c6e57c3e9aa8074e31	\N	2026-11-26 08:52:04.141123+00	2026-11-26 08:52:04.164925+00
6cc72195539c47fc9d96d761f014bd94	order	0	shop.look	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "35a792f1-cd88-4509-bc62-88c032f0fc0b", "duration_us": 5117, "input_digest": "sha256:99f341ef678ccd9463d7bb7b7017ad3a24bd58f1d17739f469515885fc2531cc", "engine_version": "1.22.2"}}	35a792f1-cd88-4509-bc62-88c032f0fc0b	{"email": "hang-refund@customers.example", "order": "HANG-refund"}	{"/email": ["pii"]}	728970f1690c064ae3bda804d2fd9185	\N	2026-11-26 08:52:03.969888+00	2026-11-26 08:52:03.99199+00
88125c8a776441f2b828a97e937b9d22	order	0	shop.look	desk	pending	0	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
88125c8a776441f2b828a97e937b9d22	refund	1	shop.pay	desk	pending	0	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
88125c8a776441f2b828a97e937b9d22	note	2	shop.tell	desk	pending	0	\N	\N	\N	\N	\N	\N	\N	\N	\N	\N
facc17266d7a448a9664c0d0491737f0	order	0	shop.look	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "18d65608-2978-4e42-9977-3efe3b3d6ff9", "duration_us": 4761, "input_digest": "sha256:ad8dc1bd3c4d0d249a92cbe08dd297a3e8c8e3068bc26a6d111d5ac3a2377c04", "engine_version": "1.22.2"}}	18d65608-2978-4e42-9977-3efe3b3d6ff9	{"email": "large-goodwill@customers.example", "order": "LARGE-goodwill"}	{"/email": ["pii"]}	73f1c893a24674c6e57c3e9aa8074e31	\N	2026-11-26 08:52:04.021444+00	2026-11-26 08:52:04.043994+00
facc17266d7a448a9664c0d0491737f0	refund	1	shop.pay	desk	awaiting_approval	0	LARGE	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "LARGE", "rule": "A large refund needs a director", "scope": "org/refunds", "control": "FIN-01", "message": "this one needs a director"}, {"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "require_approval", "approval": {"not": ["principal"], "stages": [{"role": "sales_director", "quorum": 1}], "editable": [], "escalate": [], "on_expiry": "deny", "expires_in": "87600h"}, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["FIN-01", "OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "fcc3bd35-5229-4dd3-bf4a-1e6e4280b5cd", "duration_us": 8298, "input_digest": "sha256:1d45095573931b2eaabee4313599bfc522d1a1f138d214a259a68e5cd92a3a93", "engine_version": "1.22.2"}}	fcc3bd35-5229-4dd3-bf4a-1e6e4280b5cd	\N	\N	73f1c893a24674c6e57c3e9aa8074e31	\N	2026-11-26 08:52:04.178341+00	\N
f2cfb640a3be4650875c8fc4588852a0	order	0	shop.look	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "485add10-f15e-45a4-87f5-cc50d11090d5", "duration_us": 2586, "input_digest": "sha256:9b8b764819d2c0557e2ba49a6413c67777c9e9f750cc9de1f693378e67df061b", "engine_version": "1.22.2"}}	485add10-f15e-45a4-87f5-cc50d11090d5	{"email": "later-goodwill@customers.example", "order": "LATER-goodwill"}	{"/email": ["pii"]}	aa5e6fb6ac732904970a7dcd2e3e3602	\N	2026-11-26 08:52:04.313815+00	2026-11-26 08:52:04.326545+00
f2cfb640a3be4650875c8fc4588852a0	note	2	shop.tell	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "24c7dcd4-a9aa-43ef-a455-7a183f1067bb", "duration_us": 3440, "input_digest": "sha256:27f5216c3a99bd83972233a8bcab19d24d4b3615f8c56c9fecc56280967be131", "engine_version": "1.22.2"}}	24c7dcd4-a9aa-43ef-a455-7a183f1067bb	{"done": true}	{}	aa5e6fb6ac732904970a7dcd2e3e3602	\N	2026-11-26 08:52:04.369833+00	2026-11-26 08:52:04.392315+00
f2cfb640a3be4650875c8fc4588852a0	refund	1	shop.pay	desk	deferred	0	NOT_YET	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "NOT_YET", "rule": "Some refunds wait for the window", "scope": "org/refunds", "control": "FIN-02", "message": "the window is not open"}, {"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "defer", "approval": null, "defer_until": "2026-11-26T08:53:25Z", "obligations": []}, "provenance": {"engine": "opa", "controls": ["FIN-02", "OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "39ea6d57-5a70-4c7a-8c1a-ec5e2ae8f10e", "duration_us": 7865, "input_digest": "sha256:8398a2e640320d65a3b7cdabd15e8cb9b392be1bf6ff6164ca60209798b4c555", "engine_version": "1.22.2"}}	39ea6d57-5a70-4c7a-8c1a-ec5e2ae8f10e	\N	\N	aa5e6fb6ac732904970a7dcd2e3e3602	2026-11-26 08:53:25+00	2026-11-26 08:52:04.40995+00	\N
558fb75dc4de41c1a8fcd5db29a6a7a1	order	0	shop.look	desk	succeeded	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "a13243ff-d108-47e3-a0d3-c6b4c5933a30", "duration_us": 2662, "input_digest": "sha256:39f5233ac4e21a13e2d8b8c55250eb5692bacbec4653825aa1e98a4ba08b7076", "engine_version": "1.22.2"}}	a13243ff-d108-47e3-a0d3-c6b4c5933a30	{"email": "hang-goodwill@customers.example", "order": "HANG-goodwill"}	{"/email": ["pii"]}	67e114c2c5fc78e186709bc95f276031	\N	2026-11-26 08:52:04.534282+00	2026-11-26 08:52:04.545804+00
558fb75dc4de41c1a8fcd5db29a6a7a1	note	2	shop.tell	desk	dispatched	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "1b112079-03ab-4978-b0d2-f3d6edc05ab7", "duration_us": 6437, "input_digest": "sha256:85e08ce3ffaa7d291b7d2724f31c3125720b1f1b04cd668505cb915663e28a0c", "engine_version": "1.22.2"}}	1b112079-03ab-4978-b0d2-f3d6edc05ab7	\N	\N	67e114c2c5fc78e186709bc95f276031	\N	2026-11-26 08:52:04.59782+00	\N
558fb75dc4de41c1a8fcd5db29a6a7a1	refund	1	shop.pay	desk	dispatched	1	\N	\N	{"fault": false, "decision": {"steps": {}, "taken": null, "reasons": [{"code": "APPOINTED", "rule": "The desk may do what it is appointed to do", "scope": "org/refunds", "control": "SRV-01", "message": "the desk does this"}], "verdict": "allow", "approval": null, "defer_until": null, "obligations": [{"type": "timeout", "after": "60s"}]}, "provenance": {"engine": "opa", "controls": ["OPS-01", "SRV-01"], "revision": "sha256:b718df85ef23499f8bd4edf18fc8157c9fd85151771a834382f563a1c3dfb681", "decision_id": "69183d88-f983-40c5-8b1f-879ee8a1b53d", "duration_us": 5405, "input_digest": "sha256:09a1bf4da76daa13d87579b4d1f5a4f9365f27d752103899b3309a893b9bfd50", "engine_version": "1.22.2"}}	69183d88-f983-40c5-8b1f-879ee8a1b53d	\N	\N	67e114c2c5fc78e186709bc95f276031	\N	2026-11-26 08:52:04.613602+00	\N
\.


--
-- Data for Name: stops; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."stops" ("tenant", "id", "scope", "value", "reason", "created_by", "created_at", "request_id", "lifted_by", "lifted_at", "lift_reason", "lift_request_id") FROM stdin;
local	84bcd74defc94d09a53a1820cd147358	tenant		why	otto.berg	2026-11-26 08:52:04.626904+00	\N	\N	\N	\N	\N
\.


--
-- Data for Name: trail; Type: TABLE DATA; Schema: assent; Owner: -
--

COPY "assent"."trail" ("tenant", "seq", "run_id", "event", "recorded_at", "record", "hash") FROM stdin;
local	1	\N	policy.activated	2026-11-26 08:52:02.775352+00	\\x7b226163746f72223a7b22617574686e223a226f73222c226964223a22726f6f74222c226b696e64223a2275736572227d2c2264657461696c223a7b226361757365223a227374617274222c226f726967696e223a22776f726b7370616365202f746d702f617373656e742d7a6d3766797137632f776f726b7370616365222c22726174696f6e616c65223a226e6f7468696e672077617320696e20666f726365222c2272656865617273616c223a7b22656e67696e655f76657273696f6e223a22312e32322e32222c22706173736564223a223120776f726b73706163652c2031206d65746164617461227d2c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c22736572766572223a226c6f63616c227d2c226576656e74223a22706f6c6963792e616374697661746564222c2270726576223a227368613235363a30303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030303030222c227265636f72645f6964223a2230316132313730642d666535372d376333662d396265612d386266636163323635343838222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a2231222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30322e3737353335325a227d	\\x3e329fbdc25c7274e2ea1a1fbb742d74ce3f71f92549c752c327bb9cd0b662df
local	2	5e463c3536894c8bb52ffb7690ba5563	run.created	2026-11-26 08:52:03.253554+00	\\x7b226163746f72223a7b22617574686e223a22746f6b656e222c226964223a2272656e6577616c732d72756e74696d65222c226b696e64223a2273657276696365227d2c2264657461696c223a7b22706c616e5f646967657374223a227368613235363a66396366376234623437623233306535333462316539636331663731363766323232383538353733653133333039656631396364316232313630656335663561222c2270726f63657373223a22726566756e64222c2270726f636573735f76657273696f6e223a2231222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c227374657073223a337d2c226576656e74223a2272756e2e63726561746564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a33653332396662646332356337323734653265613161316662623734326437346365336637316639323534396337353263333237626239636430623636326466222c227265636f72645f6964223a2230316132313730652d303033352d376166392d613739352d353363333937626264326337222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a2232222c227374617465223a7b22746f223a22706c616e6e6564227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3235333535345a222c227472616365223a7b227370616e5f6964223a2230373664393937666136353534343561222c2274726163655f6964223a226238343232383034326434616339376466333661383866636564363436353430227d7d	\\x8083ee7f01a45b8dbbb38ad55b7542e8f46719c701f9d941d2d1cc80b16b8b6b
local	3	5e463c3536894c8bb52ffb7690ba5563	decision.made	2026-11-26 08:52:03.306831+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a383235322c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2265356166366136342d346335392d343139372d623832362d313264303532363132656535222c22696e7075745f646967657374223a227368613235363a61326436363638663765306135343836313333323734313431393263356134303533383663656530363634306665313761306164633661323166303034653737222c226b696e64223a22706c616e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a38303833656537663031613435623864626262333861643535623735343265386634363731396337303166396439343164326431636338306231366238623662222c227265636f72645f6964223a2230316132313730652d303036612d373938612d613661662d343364623535623839306164222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a2233222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3330363833315a222c227472616365223a7b227370616e5f6964223a2264346430366166666463393264376564222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\x1a8a855af206609fd064199f18f577de96c9310dc7a6c69efe9a83355977b524
local	4	5e463c3536894c8bb52ffb7690ba5563	run.running	2026-11-26 08:52:03.306831+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e72756e6e696e67222c2270726576223a227368613235363a31613861383535616632303636303966643036343139396631386635373764653936633933313064633761366336396566653961383333353539373762353234222c227265636f72645f6964223a2230316132313730652d303036612d373633302d616535332d656463623639353437333138222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a2234222c227374617465223a7b2266726f6d223a22706c616e6e6564222c22746f223a2272756e6e696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3330363833315a222c227472616365223a7b227370616e5f6964223a2264346430366166666463393264376564222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\x8571df8fa8f60b1cd7adf0fc4d4b1c30563867dd3b3da475973a83894cddd11c
local	5	5e463c3536894c8bb52ffb7690ba5563	decision.made	2026-11-26 08:52:03.361752+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a63313139626265663538636666336461313464303834313735653539653030366133633936313638643339616262666361633363376639356163373533613638222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a333334352c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2238633963376162352d623564302d346266312d393334662d353862333232666462393434222c22696e7075745f646967657374223a227368613235363a33626437363038306366323336363632616463336139316163346434356330323361326133633731643936633065333935366136643539656663623663666466222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a38353731646638666138663630623163643761646630666334643462316333303536333836376464336233646134373539373361383338393463646464313163222c227265636f72645f6964223a2230316132313730652d303061312d373666622d396333642d353464353161373239626638222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a2235222c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3336313735325a222c227472616365223a7b227370616e5f6964223a2261343130633437316636313831366337222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\xa4d9e59bba3c2c90ba224e858b6816983b124aa7f35eca41bba4c000b925f1bd
local	6	5e463c3536894c8bb52ffb7690ba5563	action.intended	2026-11-26 08:52:03.361752+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a63313139626265663538636666336461313464303834313735653539653030366133633936313638643339616262666361633363376639356163373533613638222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2238336261653332343332386464393961616465626563356433316335333662336231393065393962373138386435666338626333636635333263303535636562222c227065726d6974223a223539303534663364663532663433353139343861623465626432643066353636222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a61346439653539626261336332633930626132323465383538623638313639383362313234616137663335656361343162626134633030306239323566316264222c227265636f72645f6964223a2230316132313730652d303061312d373135642d386337342d316564383566313035326139222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a2236222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3336313735325a222c227472616365223a7b227370616e5f6964223a2261343130633437316636313831366337222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\x68357c7f32a4bf37fc07528706701a57c093636ce968a34b05cda235953a6a04
local	7	5e463c3536894c8bb52ffb7690ba5563	action.succeeded	2026-11-26 08:52:03.379892+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a63313139626265663538636666336461313464303834313735653539653030366133633936313638643339616262666361633363376639356163373533613638222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a61343839616234656331623439346465626131636161336262303564306638393230336335646332636534326330323937396636333061356162303863663062222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a36383335376337663332613462663337666330373532383730363730316135376330393336333663653936386133346230356364613233353935336136613034222c227265636f72645f6964223a2230316132313730652d303062332d376566322d386236332d353839386564646539366439222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a2237222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3337393839325a222c227472616365223a7b227370616e5f6964223a2231346132613834656436366533666630222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\x483067df2e0680a5e22b0a30cde408f6c477d24798b9b8edbea0024f82fa897e
local	8	5e463c3536894c8bb52ffb7690ba5563	decision.made	2026-11-26 08:52:03.421702+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a36363363663035316337633734333863643763363338663461326664393565376531623834626234663333616161336561623335373139343032393734393765222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a333137342c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2236316235303162622d306630342d343931642d383838302d613837613632623963393834222c22696e7075745f646967657374223a227368613235363a65643537333466356666306232343935643537363334373134616665303732383638333334316233313430356537373636623239306231353361353736393939222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a34383330363764663265303638306135653232623061333063646534303866366334373764323437393862396238656462656130303234663832666138393765222c227265636f72645f6964223a2230316132313730652d303064642d376431372d613935632d393666333134656636366631222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a2238222c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3432313730325a222c227472616365223a7b227370616e5f6964223a2235613030333337373037356532373262222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\x58ec7b2c63115308df1d839f6ac1869f29d49b5b79465890f6e866758b25fe79
local	9	5e463c3536894c8bb52ffb7690ba5563	action.intended	2026-11-26 08:52:03.421702+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a36363363663035316337633734333863643763363338663461326664393565376531623834626234663333616161336561623335373139343032393734393765222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2263613063346263306663323561326138383939303762333763343962343965373136653837393136616233366664663562613333633830313631633139313037222c227065726d6974223a226163666233376135666639343462366361353763396563333138333639326463222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a35386563376232633633313135333038646631643833396636616331383639663239643439623562373934363538393066366538363637353862323566653739222c227265636f72645f6964223a2230316132313730652d303064642d376565382d623638362d663962623530396465343461222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a2239222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3432313730325a222c227472616365223a7b227370616e5f6964223a2235613030333337373037356532373262222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\x76e1ec33f8f51164ad0246602acb35fa81f8bc28dd9fdd049cdc19635ce917bd
local	16	6135b03dc82c481abcee46f4f15c412d	decision.made	2026-11-26 08:52:03.5681+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b2246494e2d3031222c224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a373534302c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2264356537613535622d306635342d343938652d396665372d653030386537653530646461222c22696e7075745f646967657374223a227368613235363a66343231623862626536383133383164303131336439626431376365626238353338613533366230666462353732633538336461336537666437366265333630222c226b696e64223a22706c616e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a31376564356233366139623864396633386665323332356165313066326634393430313066653133633664373663393530626232643165323435623136326163222c227265636f72645f6964223a2230316132313730652d303137302d373032362d383763382d326234343364373030636261222c2272756e223a223631333562303364633832633438316162636565343666346631356334313264222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223136222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3536383130305a222c227472616365223a7b227370616e5f6964223a2231623039623032323363613964633339222c2274726163655f6964223a223538666365316165653533666530383333646139313864383831343134656639227d7d	\\x82c301675808e11270914dbac35eff81990eff5491025fadd4c477e7dc6fefc2
local	17	6135b03dc82c481abcee46f4f15c412d	run.running	2026-11-26 08:52:03.5681+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e72756e6e696e67222c2270726576223a227368613235363a38326333303136373538303865313132373039313464626163333565666638313939306566663534393130323566616464346334373765376463366665666332222c227265636f72645f6964223a2230316132313730652d303137302d373834302d383162362d663061326131316433363466222c2272756e223a223631333562303364633832633438316162636565343666346631356334313264222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223137222c227374617465223a7b2266726f6d223a22706c616e6e6564222c22746f223a2272756e6e696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3536383130305a222c227472616365223a7b227370616e5f6964223a2231623039623032323363613964633339222c2274726163655f6964223a223538666365316165653533666530383333646139313864383831343134656639227d7d	\\xef061f83a2cae86ab33a7edbc9ce982eff1e957052008bcc1040480cb03d842b
local	18	6135b03dc82c481abcee46f4f15c412d	decision.made	2026-11-26 08:52:03.604444+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a66643939633064386639643032373063373436326536663165366437396465393030393334643161396433643438363733373438353935363837343938306135222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a323831322c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2233613631643166312d396534352d346462342d613861342d303566326338373636356364222c22696e7075745f646967657374223a227368613235363a34353464623966393535656362396530313233396230626433316339363830666530303838623131633661323335306230633762636135386366353961383863222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a65663036316638336132636165383661623333613765646263396365393832656666316539353730353230303862636331303430343830636230336438343262222c227265636f72645f6964223a2230316132313730652d303139342d373762382d393538662d363437396636306239643237222c2272756e223a223631333562303364633832633438316162636565343666346631356334313264222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223138222c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3630343434345a222c227472616365223a7b227370616e5f6964223a2238626264396566643565626463643865222c2274726163655f6964223a223538666365316165653533666530383333646139313864383831343134656639227d7d	\\xfb24060732dd2a3a52e9cdf0d68c5591b5714ede74dcd114c0d9effb439f3922
local	19	6135b03dc82c481abcee46f4f15c412d	action.intended	2026-11-26 08:52:03.604444+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a66643939633064386639643032373063373436326536663165366437396465393030393334643161396433643438363733373438353935363837343938306135222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2265613061656166626365633965303064326435376339363739313230646139653264343762383763313939653430306430396666633633613831666664666330222c227065726d6974223a226137343632303130356461393437323961646466616333333734366534366439222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a66623234303630373332646432613361353265396364663064363863353539316235373134656465373464636431313463306439656666623433396633393232222c227265636f72645f6964223a2230316132313730652d303139342d373132372d616532632d623162373363623861616630222c2272756e223a223631333562303364633832633438316162636565343666346631356334313264222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223139222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3630343434345a222c227472616365223a7b227370616e5f6964223a2238626264396566643565626463643865222c2274726163655f6964223a223538666365316165653533666530383333646139313864383831343134656639227d7d	\\xc5bc23b61a6d4364b1250f6ff2032c6f5812791451f6657f95c450c60f28fa71
local	29	d5a9bf2036d64041af11014fc52a9a86	action.succeeded	2026-11-26 08:52:03.782145+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a62396163656330656466663263653334386139633531393161346631623662353437393935636635353866326164663530376439313638666232623165653431222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a62643135386432326565383264656561306430366338386435316539346563666261313361353630303462653566363035366639373362653637333166333538222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a64336531353333346235663066316361656464396364393531623463353338313662393863303635386262373366353231376331343438303336323761636436222c227265636f72645f6964223a2230316132313730652d303234362d376439312d383266332d343436653861313538316537222c2272756e223a226435613962663230333664363430343161663131303134666335326139613836222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223239222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3738323134355a222c227472616365223a7b227370616e5f6964223a2239623133623862336237666162333763222c2274726163655f6964223a223461646262363935326161316438656162646263363533663164363432316164227d7d	\\xe9ca7166325c95b38b292b46c3e45c76be2fdf672f2c86932e6ca847681c704b
local	30	d5a9bf2036d64041af11014fc52a9a86	decision.made	2026-11-26 08:52:03.826806+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a32336665363565306561616138346537366135623330623338616233373834653239336531363965396438373033346436303931383235363264613431363939222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224e4f545f594554222c224150504f494e544544225d2c22636f6e74726f6c73223a5b2246494e2d3032222c224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a333434362c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2261303737373734382d656135662d343730652d383433322d333637383062633361333262222c22696e7075745f646967657374223a227368613235363a63646438323562343934333339303939396436336235383439656534663034626633306661646536616336333537656366316365643063393339333939346432222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a226465666572227d2c226576656e74223a226465636973696f6e2e6d616465222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a65396361373136363332356339356233386232393262343663336534356337366265326664663637326632633836393332653663613834373638316337303462222c227265636f72645f6964223a2230316132313730652d303237322d376535382d393765322d653338366131363933633733222c2272756e223a226435613962663230333664363430343161663131303134666335326139613836222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223330222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a226465666572726564227d2c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3832363830365a222c227472616365223a7b227370616e5f6964223a2239343733336165613135623863623833222c2274726163655f6964223a223461646262363935326161316438656162646263363533663164363432316164227d7d	\\xa035ad98e0ab78877201a125a400496038e3d7869adf903e8d2b5bbc6593ee98
local	31	d5a9bf2036d64041af11014fc52a9a86	run.waiting	2026-11-26 08:52:03.826806+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e77616974696e67222c2270726576223a227368613235363a61303335616439386530616237383837373230316131323561343030343936303338653364373836396164663930336538643262356262633635393365653938222c227265636f72645f6964223a2230316132313730652d303237322d376433302d396138622d323635383638386437633335222c2272756e223a226435613962663230333664363430343161663131303134666335326139613836222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223331222c227374617465223a7b2266726f6d223a2272756e6e696e67222c22746f223a2277616974696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3832363830365a222c227472616365223a7b227370616e5f6964223a2239343733336165613135623863623833222c2274726163655f6964223a223461646262363935326161316438656162646263363533663164363432316164227d7d	\\xfc165941c747deabbceea7098e9e4d43bdcd729c75dfaa647c413ae6701c33c4
local	35	6cc72195539c47fc9d96d761f014bd94	run.running	2026-11-26 08:52:03.890514+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e72756e6e696e67222c2270726576223a227368613235363a64396335303064326564363838346131623230643662653638303163386163356533353837363131353439343037633530323937386136393065623434373566222c227265636f72645f6964223a2230316132313730652d303262322d376462312d393034362d343465333739636531656439222c2272756e223a223663633732313935353339633437666339643936643736316630313462643934222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223335222c227374617465223a7b2266726f6d223a22706c616e6e6564222c22746f223a2272756e6e696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3839303531345a222c227472616365223a7b227370616e5f6964223a2261353161356335373366616464326363222c2274726163655f6964223a223732383937306631363930633036346165336264613830346432666439313835227d7d	\\xd8593d1001f4679e5243e371716391c91646c1ad61e681e1ca4fc584c9cfcdd9
local	10	5e463c3536894c8bb52ffb7690ba5563	action.succeeded	2026-11-26 08:52:03.435482+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a36363363663035316337633734333863643763363338663461326664393565376531623834626234663333616161336561623335373139343032393734393765222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a61636539323838613366663739613931333262396464663632316263313933353466666230346233656163623137343836616436646334643531333033393631222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a37366531656333336638663531313634616430323436363032616362333566613831663862633238646439666464303439636463313936333563653931376264222c227265636f72645f6964223a2230316132313730652d303065622d376533352d613764332d306134333135346666313034222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223130222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3433353438325a222c227472616365223a7b227370616e5f6964223a2265373937663439386666383737326335222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\x46162fa8f8a1a989c8e30d0f4f8b8a9358c85bae640a59e9b5237da60399047a
local	11	5e463c3536894c8bb52ffb7690ba5563	decision.made	2026-11-26 08:52:03.470906+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a39633263383037346361346432646463643836373335393637386436303131613664343132643430303765306263326161643830636236306430623834313336222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a323431342c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2236316532346561362d393363622d343864362d623933632d353132646564313063383162222c22696e7075745f646967657374223a227368613235363a63333234656264336435633432333765313937323366616538303961393939373261393062333434653836326231383432663338616239343031646530613135222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a34363136326661386638613161393839633865333064306634663862386139333538633835626165363430613539653962353233376461363033393930343761222c227265636f72645f6964223a2230316132313730652d303130652d373830342d626634382d653530376663386135366663222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223131222c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3437303930365a222c227472616365223a7b227370616e5f6964223a2237633239643638346538386563633430222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\xabd670e6505db7b381c46102f4f8c9d2701efda5135e753ab2f656ee51a031b2
local	12	5e463c3536894c8bb52ffb7690ba5563	action.intended	2026-11-26 08:52:03.470906+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a39633263383037346361346432646463643836373335393637386436303131613664343132643430303765306263326161643830636236306430623834313336222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2235366561643238393261636438393130643363646130636532373561356633326266356362343863656533663033613034373763336464343830326630373631222c227065726d6974223a223130343233366464353930363432633861396432356336343931613034343538222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a61626436373065363530356462376233383163343631303266346638633964323730316566646135313335653735336162326636353665653531613033316232222c227265636f72645f6964223a2230316132313730652d303130652d376661312d383936332d356435383635663737363861222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223132222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3437303930365a222c227472616365223a7b227370616e5f6964223a2237633239643638346538386563633430222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\xcee40ea40f69e8de7346956967752c8ca2c2e3ca1cfc178140dad071d597fd29
local	13	5e463c3536894c8bb52ffb7690ba5563	action.succeeded	2026-11-26 08:52:03.481915+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a39633263383037346361346432646463643836373335393637386436303131613664343132643430303765306263326161643830636236306430623834313336222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a61636539323838613366663739613931333262396464663632316263313933353466666230346233656163623137343836616436646334643531333033393631222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a63656534306561343066363965386465373334363935363936373735326338636132633265336361316366633137383134306461643037316435393766643239222c227265636f72645f6964223a2230316132313730652d303131392d373235392d383264332d373636306434383363306566222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223133222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3438313931355a222c227472616365223a7b227370616e5f6964223a2261346262366664366533656136663037222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\x3f59456e7e62cd8d1b79cb30691a1c3c23a6c8656e9df9c8819c411668abe0f0
local	14	5e463c3536894c8bb52ffb7690ba5563	run.succeeded	2026-11-26 08:52:03.506139+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e737563636565646564222c2270726576223a227368613235363a33663539343536653765363263643864316237396362333036393161316333633233613663383635366539646639633838313963343131363638616265306630222c227265636f72645f6964223a2230316132313730652d303133322d373563382d613237612d353531346564663163656537222c2272756e223a223565343633633335333638393463386262353266666237363930626135353633222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223134222c227374617465223a7b2266726f6d223a2272756e6e696e67222c22746f223a22737563636565646564227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3530363133395a222c227472616365223a7b227370616e5f6964223a2234303938643232616239626136353939222c2274726163655f6964223a223736386665643236666435653836323164613039366339623061353839323832227d7d	\\x937703b9ef24661de61ee99af2e22d41cab49009afcd9f0667b38e15de3df4e4
local	15	6135b03dc82c481abcee46f4f15c412d	run.created	2026-11-26 08:52:03.536026+00	\\x7b226163746f72223a7b22617574686e223a22746f6b656e222c226964223a2272656e6577616c732d72756e74696d65222c226b696e64223a2273657276696365227d2c2264657461696c223a7b22706c616e5f646967657374223a227368613235363a65313461626230336366353734333066633433316164366335346662303732633836323164306637333231663666323566393239383233386635356566323634222c2270726f63657373223a22726566756e64222c2270726f636573735f76657273696f6e223a2231222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c227374657073223a337d2c226576656e74223a2272756e2e63726561746564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a39333737303362396566323436363164653631656539396166326532326434316361623439303039616663643966303636376233386531356465336466346534222c227265636f72645f6964223a2230316132313730652d303135302d373266352d623864662d653133373766613133393837222c2272756e223a223631333562303364633832633438316162636565343666346631356334313264222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223135222c227374617465223a7b22746f223a22706c616e6e6564227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3533363032365a222c227472616365223a7b227370616e5f6964223a2238356136623830356339613837346135222c2274726163655f6964223a226633386463323830393932376462616265393638363064626636656264383134227d7d	\\x17ed5b36a9b8d9f38fe2325ae10f2f494010fe13c6d76c950bb2d1e245b162ac
local	20	6135b03dc82c481abcee46f4f15c412d	action.succeeded	2026-11-26 08:52:03.619058+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a66643939633064386639643032373063373436326536663165366437396465393030393334643161396433643438363733373438353935363837343938306135222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a62623233633238383462613238396564353231386531613639646636363933653065336561323331666334643934653466383031656265663763313238373637222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a63356263323362363161366434333634623132353066366666323033326336663538313237393134353166363635376639356334353063363066323866613731222c227265636f72645f6964223a2230316132313730652d303161332d376465312d623338642d396237396433366463343434222c2272756e223a223631333562303364633832633438316162636565343666346631356334313264222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223230222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3631393035385a222c227472616365223a7b227370616e5f6964223a2263636235613464656364343862313966222c2274726163655f6964223a223538666365316165653533666530383333646139313864383831343134656639227d7d	\\xabb416db8b65c11a11b2d5a9abd03b5acb9aacdcdf603b9797f744584f2de7fb
local	21	6135b03dc82c481abcee46f4f15c412d	decision.made	2026-11-26 08:52:03.660341+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a34376436626362626337333163633132666166353239373763383136653264366637323537666639386238643030313666323366373363393638626561306465222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224c41524745222c224150504f494e544544225d2c22636f6e74726f6c73223a5b2246494e2d3031222c224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a333234322c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2263336566356630612d313030372d346436622d383465372d326230393737343236356635222c22696e7075745f646967657374223a227368613235363a61616561613465643537663836353661373235356632386161616237653735343863383162376337333765316439396562356634376232383339636630613263222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22726571756972655f617070726f76616c227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a61626234313664623862363563313161313162326435613961626430336235616362396161636463646636303362393739376637343435383466326465376662222c227265636f72645f6964223a2230316132313730652d303163632d376662392d393932382d323938396432363964666261222c2272756e223a223631333562303364633832633438316162636565343666346631356334313264222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223231222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a226177616974696e675f617070726f76616c227d2c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3636303334315a222c227472616365223a7b227370616e5f6964223a2233333966393738666637656435383330222c2274726163655f6964223a223538666365316165653533666530383333646139313864383831343134656639227d7d	\\x070dcac1d1961bbba45d248a9616f542eaebdff2ce35fdd44691f59fe8ce6646
local	22	6135b03dc82c481abcee46f4f15c412d	approval.requested	2026-11-26 08:52:03.660341+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c22617070726f76616c223a7b22616374696f6e5f646967657374223a227368613235363a34376436626362626337333163633132666166353239373763383136653264366637323537666639386238643030313666323366373363393638626561306465222c22657870697265735f6174223a22323033362d31312d32335430383a35323a30332e3635313338342b30303a3030222c226964223a223130663465336564356465353439663362653234376330363036643364366231222c226f7574636f6d65223a2270656e64696e67222c2270726573656e7465645f646967657374223a227368613235363a31336564663064356565373439663235313365353734343434653038383965393930643161636639386263646533663035616331343166303562396634386535222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c22726f6c6573223a5b2273616c65735f6469726563746f72225d7d2c226576656e74223a22617070726f76616c2e726571756573746564222c2270726576223a227368613235363a30373064636163316431393631626262613435643234386139363136663534326561656264666632636533356664643434363931663539666538636536363436222c227265636f72645f6964223a2230316132313730652d303163632d373236362d396334652d353239646131356662396639222c2272756e223a223631333562303364633832633438316162636565343666346631356334313264222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223232222c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3636303334315a222c227472616365223a7b227370616e5f6964223a2233333966393738666637656435383330222c2274726163655f6964223a223538666365316165653533666530383333646139313864383831343134656639227d7d	\\xc3753d374310266c101ae1e820d321a07ec76edd97483c88ee7c9ab15438c830
local	23	6135b03dc82c481abcee46f4f15c412d	run.waiting	2026-11-26 08:52:03.660341+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e77616974696e67222c2270726576223a227368613235363a63333735336433373433313032363663313031616531653832306433323161303765633736656464393734383363383865653763396162313534333863383330222c227265636f72645f6964223a2230316132313730652d303163632d373261612d383837642d393230393932363836626463222c2272756e223a223631333562303364633832633438316162636565343666346631356334313264222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223233222c227374617465223a7b2266726f6d223a2272756e6e696e67222c22746f223a2277616974696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3636303334315a222c227472616365223a7b227370616e5f6964223a2233333966393738666637656435383330222c2274726163655f6964223a223538666365316165653533666530383333646139313864383831343134656639227d7d	\\x37e75c29508b644366861e9524e3301acb4284a13a9fecae59a82170a504bbc7
local	24	d5a9bf2036d64041af11014fc52a9a86	run.created	2026-11-26 08:52:03.68863+00	\\x7b226163746f72223a7b22617574686e223a22746f6b656e222c226964223a2272656e6577616c732d72756e74696d65222c226b696e64223a2273657276696365227d2c2264657461696c223a7b22706c616e5f646967657374223a227368613235363a33393236366661303939626161653466396131616132636435666533643430336466633961663137616631326438326134383435316438363365393538383930222c2270726f63657373223a22726566756e64222c2270726f636573735f76657273696f6e223a2231222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c227374657073223a337d2c226576656e74223a2272756e2e63726561746564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a33376537356332393530386236343433363638363165393532346533333031616362343238346131336139666563616535396138323137306135303462626337222c227265636f72645f6964223a2230316132313730652d303165382d373764302d626234632d656639393563653765346665222c2272756e223a226435613962663230333664363430343161663131303134666335326139613836222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223234222c227374617465223a7b22746f223a22706c616e6e6564227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3638383633305a222c227472616365223a7b227370616e5f6964223a2235383838393134306335323733386466222c2274726163655f6964223a226263383731656136373937643835633538653762343037666361373863363161227d7d	\\x030e99771eda739496e48c278be184d16beafd8c55753ddd049e5fb4ac4f9c4d
local	25	d5a9bf2036d64041af11014fc52a9a86	decision.made	2026-11-26 08:52:03.725415+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b2246494e2d3032222c224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a353931392c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2233363861613364362d386466612d343162352d623762372d363735666435333938363337222c22696e7075745f646967657374223a227368613235363a39663064346431313136383762666466663736303432363063313831666239326438373735653464346634313637363966376234653534356162333263383431222c226b696e64223a22706c616e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a30333065393937373165646137333934393665343863323738626531383464313662656166643863353537353364646430343965356662346163346639633464222c227265636f72645f6964223a2230316132313730652d303230642d376331612d393965362d303635653239363739323832222c2272756e223a226435613962663230333664363430343161663131303134666335326139613836222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223235222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3732353431355a222c227472616365223a7b227370616e5f6964223a2235373934336235353766666436633739222c2274726163655f6964223a223461646262363935326161316438656162646263363533663164363432316164227d7d	\\x2bb36403cfe81ac9fa186ce33d1d8943e5045c8c6388858c6b2c84bbf2ba0139
local	26	d5a9bf2036d64041af11014fc52a9a86	run.running	2026-11-26 08:52:03.725415+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e72756e6e696e67222c2270726576223a227368613235363a32626233363430336366653831616339666131383663653333643164383934336535303435633863363338383835386336623263383462626632626130313339222c227265636f72645f6964223a2230316132313730652d303230642d373064372d623062382d396634653666666533663665222c2272756e223a226435613962663230333664363430343161663131303134666335326139613836222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223236222c227374617465223a7b2266726f6d223a22706c616e6e6564222c22746f223a2272756e6e696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3732353431355a222c227472616365223a7b227370616e5f6964223a2235373934336235353766666436633739222c2274726163655f6964223a223461646262363935326161316438656162646263363533663164363432316164227d7d	\\x220bcb1b4c64c4ae486b64c8fc29ca914d4c289e95f09f638b71e09e72cf5d3e
local	27	d5a9bf2036d64041af11014fc52a9a86	decision.made	2026-11-26 08:52:03.771477+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a62396163656330656466663263653334386139633531393161346631623662353437393935636635353866326164663530376439313638666232623165653431222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a343539372c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2265326138323930362d373131342d343030622d383038362d633332313066333438306434222c22696e7075745f646967657374223a227368613235363a62323031613933366262343633653463306430633937363935333834313661393564373137636536643630323861333139316233656236663439656138383435222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a32323062636231623463363463346165343836623634633866633239636139313464346332383965393566303966363338623731653039653732636635643365222c227265636f72645f6964223a2230316132313730652d303233622d376533312d386233382d653863623263613933363033222c2272756e223a226435613962663230333664363430343161663131303134666335326139613836222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223237222c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3737313437375a222c227472616365223a7b227370616e5f6964223a2230613164633161663735346665656162222c2274726163655f6964223a223461646262363935326161316438656162646263363533663164363432316164227d7d	\\xda20dc016d512baa48e792868e115a05290dd0d810ecdcb380d34bca6372a741
local	28	d5a9bf2036d64041af11014fc52a9a86	action.intended	2026-11-26 08:52:03.771477+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a62396163656330656466663263653334386139633531393161346631623662353437393935636635353866326164663530376439313638666232623165653431222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2239356265383636353065633339333561343733333065393666623731343632353236373665373330363761393364633439323665316164623763353063363934222c227065726d6974223a226537353936313533336531323433393361636535633761353232656333633161222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a64613230646330313664353132626161343865373932383638653131356130353239306464306438313065636463623338306433346263613633373261373431222c227265636f72645f6964223a2230316132313730652d303233622d373561652d623862332d616166643132353731316564222c2272756e223a226435613962663230333664363430343161663131303134666335326139613836222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223238222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3737313437375a222c227472616365223a7b227370616e5f6964223a2230613164633161663735346665656162222c2274726163655f6964223a223461646262363935326161316438656162646263363533663164363432316164227d7d	\\xd3e15334b5f0f1caedd9cd951b4c53816b98c0658bb73f5217c144803627acd6
local	32	6cc72195539c47fc9d96d761f014bd94	run.created	2026-11-26 08:52:03.852278+00	\\x7b226163746f72223a7b22617574686e223a22746f6b656e222c226964223a2272656e6577616c732d72756e74696d65222c226b696e64223a2273657276696365227d2c2264657461696c223a7b22706c616e5f646967657374223a227368613235363a36616239373066643764373833313431363136316262316230306432366565656565653965653338643338653634303266393438643237343330626164623738222c2270726f63657373223a22726566756e64222c2270726f636573735f76657273696f6e223a2231222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c227374657073223a337d2c226576656e74223a2272756e2e63726561746564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a66633136353934316337343764656162626365656137303938653965346434336264636437323963373564666161363437633431336165363730316333336334222c227265636f72645f6964223a2230316132313730652d303238632d376365342d616463382d383131373333363939656139222c2272756e223a223663633732313935353339633437666339643936643736316630313462643934222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223332222c227374617465223a7b22746f223a22706c616e6e6564227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3835323237385a222c227472616365223a7b227370616e5f6964223a2239333562653461306263326435643765222c2274726163655f6964223a226663663839346633643736303466353363366332353865343735313639386639227d7d	\\xcfd09baefc14405100a66bbd09b59f973a2f378fc0e3b542077059ed1b65b3f3
local	34	6cc72195539c47fc9d96d761f014bd94	decision.made	2026-11-26 08:52:03.890514+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a343533342c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2236636663323736312d326239362d343663352d393032322d616635613233633565303234222c22696e7075745f646967657374223a227368613235363a62386232633838313264626565663638316330366462363732346665643230306266393933383663613235376564633964383461663863383935636264633633222c226b696e64223a22706c616e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a62666435396536356564623063643833346338663363346466306461653861653962333866633563303639313837316564326336306333643061323861626135222c227265636f72645f6964223a2230316132313730652d303262322d373038312d613964342d333763616536343430333632222c2272756e223a223663633732313935353339633437666339643936643736316630313462643934222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223334222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3839303531345a222c227472616365223a7b227370616e5f6964223a2261353161356335373366616464326363222c2274726163655f6964223a223732383937306631363930633036346165336264613830346432666439313835227d7d	\\xd9c500d2ed6884a1b20d6be6801c8ac5e3587611549407c502978a690eb4475f
local	33	facc17266d7a448a9664c0d0491737f0	run.created	2026-11-26 08:52:03.884463+00	\\x7b226163746f72223a7b22617574686e223a22746f6b656e222c226964223a2272656e6577616c732d72756e74696d65222c226b696e64223a2273657276696365227d2c2264657461696c223a7b22706c616e5f646967657374223a227368613235363a64343539633533333265353233353338366162356632386133616362313530373234396331363030643237346535376137363631383334643432343336633839222c2270726f63657373223a22676f6f6477696c6c222c2270726f636573735f76657273696f6e223a2231222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c227374657073223a337d2c226576656e74223a2272756e2e63726561746564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a63666430396261656663313434303531303061363662626430396235396639373361326633373866633065336235343230373730353965643162363562336633222c227265636f72645f6964223a2230316132313730652d303261632d373766312d626430382d336430656464333966373639222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223333222c227374617465223a7b22746f223a22706c616e6e6564227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3838343436335a222c227472616365223a7b227370616e5f6964223a2232623162633363356261636661306535222c2274726163655f6964223a223835383337616632346565346631666330313962646431363963373730336536227d7d	\\xbfd59e65edb0cd834c8f3c4df0dae8ae9b38fc5c0691871ed2c60c3d0a28aba5
local	36	facc17266d7a448a9664c0d0491737f0	decision.made	2026-11-26 08:52:03.954585+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b2246494e2d3031222c224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a31313730372c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2231663764393334332d336536332d343761362d623261612d613863313033363564636566222c22696e7075745f646967657374223a227368613235363a33323931616662373364316136376365663936396134383763616232326237636262343363326437323732326533323333353564356133623437316330373639222c226b696e64223a22706c616e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a64383539336431303031663436373965353234336533373137313633393163393136343663316164363165363831653163613466633538346339636663646439222c227265636f72645f6964223a2230316132313730652d303266322d373834632d393934372d633764316662373031373162222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223336222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3935343538355a222c227472616365223a7b227370616e5f6964223a2261346236343634376465383565366565222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\x7bfd76778c321bceac0157832b954c062221fdfbcd2a1787bc7aa89fcb9efdab
local	37	facc17266d7a448a9664c0d0491737f0	run.running	2026-11-26 08:52:03.954585+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e72756e6e696e67222c2270726576223a227368613235363a37626664373637373863333231626365616330313537383332623935346330363232323166646662636432613137383762633761613839666362396566646162222c227265636f72645f6964223a2230316132313730652d303266322d376632642d613530382d323061376334393963313266222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223337222c227374617465223a7b2266726f6d223a22706c616e6e6564222c22746f223a2272756e6e696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3935343538355a222c227472616365223a7b227370616e5f6964223a2261346236343634376465383565366565222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\x6dcfad539228b38c87947bd6b76e4bafb338f3d02eb537174ddafd860d0f390c
local	38	6cc72195539c47fc9d96d761f014bd94	decision.made	2026-11-26 08:52:03.976526+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a34373565373837313632636363313838656632346432643365373035616263623765383462363664333263306332376363363734383237336662393138346638222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a353131372c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2233356137393266312d636438382d343530392d626336322d383863303332663066633062222c22696e7075745f646967657374223a227368613235363a39396633343165663637386363643934363364376262376237303137616433613234626435386631643137373339663436393531353838356663323533316363222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a36646366616435333932323862333863383739343762643662373665346261666233333866336430326562353337313734646461666438363064306633393063222c227265636f72645f6964223a2230316132313730652d303330382d373533622d626532622d383265663439373536366166222c2272756e223a223663633732313935353339633437666339643936643736316630313462643934222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223338222c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3937363532365a222c227472616365223a7b227370616e5f6964223a2238666536383531326564636536366539222c2274726163655f6964223a223732383937306631363930633036346165336264613830346432666439313835227d7d	\\xce06cc206e79a8494541eea1c5d5e3df6347e0ed4c74fde424afd2f743bd741e
local	39	6cc72195539c47fc9d96d761f014bd94	action.intended	2026-11-26 08:52:03.976526+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a34373565373837313632636363313838656632346432643365373035616263623765383462363664333263306332376363363734383237336662393138346638222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2264616564663265353633306165323062396333303035373563376131323066626561643265316263373965336634303964333431633062653033636166666234222c227065726d6974223a226465323733613163386332363462653461623636316539616231353434663233222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a63653036636332303665373961383439343534316565613163356435653364663633343765306564346337346664653432346166643266373433626437343165222c227265636f72645f6964223a2230316132313730652d303330382d373532372d613061652d393934616432396661316338222c2272756e223a223663633732313935353339633437666339643936643736316630313462643934222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223339222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3937363532365a222c227472616365223a7b227370616e5f6964223a2238666536383531326564636536366539222c2274726163655f6964223a223732383937306631363930633036346165336264613830346432666439313835227d7d	\\x94797d0dec65936e708c3b12389ba12e1edf529f8257e77757c8b688b1952c11
local	41	facc17266d7a448a9664c0d0491737f0	decision.made	2026-11-26 08:52:04.028603+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a32633839393663323036656664643762316436316264643864623434313733626533666131393937623965616666613338306537633661343261333565346131222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a343736312c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2231386436353630382d323937382d346534322d393937372d336566653362336436666639222c22696e7075745f646967657374223a227368613235363a61643864633162643363346430643234396139326362653038646432393761336538633865333036386263323661366431313164356163336132333737633034222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a66306661313334323838643933376264653932303762343336326236326665316130343837353730306362363037346134613539346664303737323461353939222c227265636f72645f6964223a2230316132313730652d303333632d376639352d626666322d333038636137313963366665222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223431222c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3032383630335a222c227472616365223a7b227370616e5f6964223a2236333061643338376439373635313933222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\xebd3f30991377f45ea4fe68fdec9a42acada79605090adc4c7a67805af40e851
local	42	facc17266d7a448a9664c0d0491737f0	action.intended	2026-11-26 08:52:04.028603+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a32633839393663323036656664643762316436316264643864623434313733626533666131393937623965616666613338306537633661343261333565346131222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2232336230343036653863356465376664623031366133386362663538343439653136666563643061633764643730336239333130653535383930343637636139222c227065726d6974223a223964643332336266623364663432313038343830656430366165373937666365222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a65626433663330393931333737663435656134666536386664656339613432616361646137393630353039306164633463376136373830356166343065383531222c227265636f72645f6964223a2230316132313730652d303333632d373635302d393165372d626138316637346537336438222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223432222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3032383630335a222c227472616365223a7b227370616e5f6964223a2236333061643338376439373635313933222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\xf5478bc74419eabd7e6b8f68ff7327d63b425dcc303011f96ae0594d12dc30e8
local	43	facc17266d7a448a9664c0d0491737f0	action.succeeded	2026-11-26 08:52:04.057053+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a32633839393663323036656664643762316436316264643864623434313733626533666131393937623965616666613338306537633661343261333565346131222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a66376332333730653439346432623961666634633232633236383461343162373366626137303335356135306337646465393331383337313031346135363865222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a66353437386263373434313965616264376536623866363866663733323764363362343235646363333033303131663936616530353934643132646333306538222c227265636f72645f6964223a2230316132313730652d303335392d376530332d386566382d646461316135346365636161222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223433222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3035373035335a222c227472616365223a7b227370616e5f6964223a2264386165653665366233363232623965222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\x66cc5bb8883eeb660686323a29f4fec733da1a09b443ac64bc323c2a66a83752
local	40	6cc72195539c47fc9d96d761f014bd94	action.succeeded	2026-11-26 08:52:03.99605+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a34373565373837313632636363313838656632346432643365373035616263623765383462363664333263306332376363363734383237336662393138346638222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a64343434373330646234386639663136303735386236343265316165663439336133306331373565653430656537336434313564316131666435333362313962222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a39343739376430646563363539333665373038633362313233383962613132653165646635323966383235376537373735376338623638386231393532633131222c227265636f72645f6964223a2230316132313730652d303331632d373830392d386135612d396263376664656135646335222c2272756e223a223663633732313935353339633437666339643936643736316630313462643934222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223430222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30332e3939363035305a222c227472616365223a7b227370616e5f6964223a2264323262383138306161656631383063222c2274726163655f6964223a223732383937306631363930633036346165336264613830346432666439313835227d7d	\\xf0fa134288d937bde9207b4362b62fe1a04875700cb6074a4a594fd07724a599
local	44	6cc72195539c47fc9d96d761f014bd94	decision.made	2026-11-26 08:52:04.090412+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a64346336333964356235346136666138346335383431376364313537633338656630653962656137333935333065376562306131653736663163613665616431222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a393539382c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2231323536373836612d373731392d343034622d623431632d623762353836623365383761222c22696e7075745f646967657374223a227368613235363a33323230616230633033653032643164643763616431666334306435646664353931613531366635326338626332376661383039393836313437326532383139222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a36366363356262383838336565623636303638363332336132396634666563373333646131613039623434336163363462633332336332613636613833373532222c227265636f72645f6964223a2230316132313730652d303337612d376132302d396536662d323530613961666634326138222c2272756e223a223663633732313935353339633437666339643936643736316630313462643934222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223434222c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3039303431325a222c227472616365223a7b227370616e5f6964223a2237363161343563666463373136363235222c2274726163655f6964223a223732383937306631363930633036346165336264613830346432666439313835227d7d	\\x0c4856a7be1676205a6db44692306f8c4e05fe149fb01cedec7e93d0042b7a01
local	45	6cc72195539c47fc9d96d761f014bd94	action.intended	2026-11-26 08:52:04.090412+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a64346336333964356235346136666138346335383431376364313537633338656630653962656137333935333065376562306131653736663163613665616431222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2231666164376164353835373539656337353232393139633036643462393838633636653838373839666136306433373430666261653135366135343437316462222c227065726d6974223a223963353432313731316266643433343639333763613938336539633433643761222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a30633438353661376265313637363230356136646234343639323330366638633465303566653134396662303163656465633765393364303034326237613031222c227265636f72645f6964223a2230316132313730652d303337612d376263332d616538652d333735326662616336383634222c2272756e223a223663633732313935353339633437666339643936643736316630313462643934222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223435222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3039303431325a222c227472616365223a7b227370616e5f6964223a2237363161343563666463373136363235222c2274726163655f6964223a223732383937306631363930633036346165336264613830346432666439313835227d7d	\\xe61bde3cfba265820193d94bb7146141db48a9814c3b85181aa47c3cd6eb5cf2
local	53	f2cfb640a3be4650875c8fc4588852a0	decision.made	2026-11-26 08:52:04.27908+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b2246494e2d3032222c224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a383832322c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2237356262323866652d356262362d346661342d386363622d356131383362373861313739222c22696e7075745f646967657374223a227368613235363a32383563613530313534636134346637616339316163346135353061636264346435326434373434353138383537386662303534363732663761653261306161222c226b696e64223a22706c616e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a64643735613532306663316639663362656433396136656634386165396365383566323837636633373033343630376362383237343663643238646161303661222c227265636f72645f6964223a2230316132313730652d303433372d376435362d623061612d323566346161303838326135222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223533222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3237393038305a222c227472616365223a7b227370616e5f6964223a2235613063346537373031343162613766222c2274726163655f6964223a226161356536666236616337333239303439373061376463643265336533363032227d7d	\\xf34e69fe8827046904c82e9a3f219e2f41587bff0776030c1e787f714d173f48
local	54	f2cfb640a3be4650875c8fc4588852a0	run.running	2026-11-26 08:52:04.27908+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e72756e6e696e67222c2270726576223a227368613235363a66333465363966653838323730343639303463383265396133663231396532663431353837626666303737363033306331653738376637313464313733663438222c227265636f72645f6964223a2230316132313730652d303433372d373163612d613166312d313732303938386264626435222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223534222c227374617465223a7b2266726f6d223a22706c616e6e6564222c22746f223a2272756e6e696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3237393038305a222c227472616365223a7b227370616e5f6964223a2235613063346537373031343162613766222c2274726163655f6964223a226161356536666236616337333239303439373061376463643265336533363032227d7d	\\x9a63862ef0c7ced5ce8ea974e039199b1d933ad69fc65581c449d930048540a1
local	55	f2cfb640a3be4650875c8fc4588852a0	decision.made	2026-11-26 08:52:04.31837+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a34306162353837633034336561353235666337623232636139616331346463326238396239613138386136396231313231346137656563383662373066396130222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a323538362c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2234383561646431302d663135652d343561342d383766352d636335306431313039306435222c22696e7075745f646967657374223a227368613235363a39623862373634383139643263303535376532626134396136343133633637373737633965396637353063633964653166363933333738653637646630363162222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a39613633383632656630633763656435636538656139373465303339313939623164393333616436396663363535383163343439643933303034383534306131222c227265636f72645f6964223a2230316132313730652d303435652d373266612d613265612d343636386433303366366661222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223535222c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3331383337305a222c227472616365223a7b227370616e5f6964223a2237356463636535633437353230376562222c2274726163655f6964223a226161356536666236616337333239303439373061376463643265336533363032227d7d	\\xab2b324eb1a45a6305b740644d5b936a81647edbf7e8a2663bd3f13f9d885110
local	56	f2cfb640a3be4650875c8fc4588852a0	action.intended	2026-11-26 08:52:04.31837+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a34306162353837633034336561353235666337623232636139616331346463326238396239613138386136396231313231346137656563383662373066396130222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2263636461323932316530306563343363343838363330613062333237373866646665326231653136643338643131316131386162386364373733366363323434222c227065726d6974223a226230346363333734373266613432353739396265393436663561636437623961222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a61623262333234656231613435613633303562373430363434643562393336613831363437656462663765386132363633626433663133663964383835313130222c227265636f72645f6964223a2230316132313730652d303435652d376666632d393764362d323562333538383637646535222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223536222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3331383337305a222c227472616365223a7b227370616e5f6964223a2237356463636535633437353230376562222c2274726163655f6964223a226161356536666236616337333239303439373061376463643265336533363032227d7d	\\x2e7077b73aa14f001b8205287c819c5456bfbaa4f65080e67ce7932fb2b529a1
local	63	558fb75dc4de41c1a8fcd5db29a6a7a1	run.created	2026-11-26 08:52:04.457583+00	\\x7b226163746f72223a7b22617574686e223a22746f6b656e222c226964223a2272656e6577616c732d72756e74696d65222c226b696e64223a2273657276696365227d2c2264657461696c223a7b22706c616e5f646967657374223a227368613235363a66666430353164313563643939343166376638313963353932333632373931383536313530663036303730653735393236663234343961336535613837626365222c2270726f63657373223a22676f6f6477696c6c222c2270726f636573735f76657273696f6e223a2231222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c227374657073223a337d2c226576656e74223a2272756e2e63726561746564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a30333038633563306636313338333139643939633361393736643237623033626338393861333563633036653835303265313335393530653035303730633135222c227265636f72645f6964223a2230316132313730652d303465392d373839382d383834632d306364376634643736353234222c2272756e223a223535386662373564633464653431633161386663643564623239613661376131222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223633222c227374617465223a7b22746f223a22706c616e6e6564227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3435373538335a222c227472616365223a7b227370616e5f6964223a2264353532343864373661363133383566222c2274726163655f6964223a226132373239616562383232343466336565616437353866656262626538333130227d7d	\\x8e144887195187309e3b4adc159036a642c8aab726627e8388c44684c80b20e1
local	46	facc17266d7a448a9664c0d0491737f0	decision.made	2026-11-26 08:52:04.147855+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a34623432346661393239376639363838363337613364353966333562316133623538356564613165663264643564316238663238616435346663336464353334222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a333731382c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2230376162343165352d613462612d343230652d383039352d623533623362356634353064222c22696e7075745f646967657374223a227368613235363a34386638303164383363616538323231346663393236663939313562393931663262333935373839336162306230626631333333656265653130633139323139222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a65363162646533636662613236353832303139336439346262373134363134316462343861393831346333623835313831616134376333636436656235636632222c227265636f72645f6964223a2230316132313730652d303362332d373433362d386134382d346131313639346434326335222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223436222c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3134373835355a222c227472616365223a7b227370616e5f6964223a2232363265623063646561626238653036222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\xdf3d258e8f36bee8e2ba8e76ed13b37bf8eb916a9b578e86c4a8dc575507d622
local	47	facc17266d7a448a9664c0d0491737f0	action.intended	2026-11-26 08:52:04.147855+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a34623432346661393239376639363838363337613364353966333562316133623538356564613165663264643564316238663238616435346663336464353334222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2266356131356466396231363938343662356664646234626464386131353034326561643639313036643234356564363035363030363438393632363731343833222c227065726d6974223a226631666462626164653032323465366362333263313732336165373338386361222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a64663364323538653866333662656538653262613865373665643133623337626638656239313661396235373865383663346138646335373535303764363232222c227265636f72645f6964223a2230316132313730652d303362332d373739312d623866642d656433373439646435636638222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223437222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3134373835355a222c227472616365223a7b227370616e5f6964223a2232363265623063646561626238653036222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\x886fd2aa7a545924b6df68e8015d4d9864e2bf54b526095677950e8a4029b23b
local	49	facc17266d7a448a9664c0d0491737f0	decision.made	2026-11-26 08:52:04.187193+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a32393632373832326535636538316532633439653238333633613531663134396333326537323266386365656134313434343531653662326538613939306564222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224c41524745222c224150504f494e544544225d2c22636f6e74726f6c73223a5b2246494e2d3031222c224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a383239382c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2266636333626433352d353232392d346464332d626634612d316536653432383062356364222c22696e7075745f646967657374223a227368613235363a31643435303935353733393331623265616162656534333133353939626663353232643161316631333864323134613235396136386535636439326133613933222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22726571756972655f617070726f76616c227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a35616434373938643930653261386638396138323435323937363337663739316638343062323336373533646632333538393965353033343430613038396139222c227265636f72645f6964223a2230316132313730652d303364622d376264302d613233302d343661336337313234633338222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223439222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a226177616974696e675f617070726f76616c227d2c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3138373139335a222c227472616365223a7b227370616e5f6964223a2233626232323764396438303734393032222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\x4bb1e94fe548b3bf975c4f03637e26d5797e14ef3b62e92532a9d04b5073cf86
local	50	facc17266d7a448a9664c0d0491737f0	approval.requested	2026-11-26 08:52:04.187193+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c22617070726f76616c223a7b22616374696f6e5f646967657374223a227368613235363a32393632373832326535636538316532633439653238333633613531663134396333326537323266386365656134313434343531653662326538613939306564222c22657870697265735f6174223a22323033362d31312d32335430383a35323a30342e3137383438392b30303a3030222c226964223a226264653763623635323662393462353839356630616437336562626261313134222c226f7574636f6d65223a2270656e64696e67222c2270726573656e7465645f646967657374223a227368613235363a35346231316437303336363632323232353636613533346663626463363436326261396334316163336261303634613332643030613237613062653734373033222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c22726f6c6573223a5b2273616c65735f6469726563746f72225d7d2c226576656e74223a22617070726f76616c2e726571756573746564222c2270726576223a227368613235363a34626231653934666535343862336266393735633466303336333765323664353739376531346566336236326539323533326139643034623530373363663836222c227265636f72645f6964223a2230316132313730652d303364622d376136322d393738622d636130646338613635363762222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223530222c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3138373139335a222c227472616365223a7b227370616e5f6964223a2233626232323764396438303734393032222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\xe73299bb65a1451a80d4319772f97d98307ec411a1afdce05da0c0c524e4da34
local	51	facc17266d7a448a9664c0d0491737f0	run.waiting	2026-11-26 08:52:04.187193+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e77616974696e67222c2270726576223a227368613235363a65373332393962623635613134353161383064343331393737326639376439383330376563343131613161666463653035646130633063353234653464613334222c227265636f72645f6964223a2230316132313730652d303364622d376437302d613735322d643439646332353866333165222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223531222c227374617465223a7b2266726f6d223a2272756e6e696e67222c22746f223a2277616974696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3138373139335a222c227472616365223a7b227370616e5f6964223a2233626232323764396438303734393032222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\x8534f21ede4450644ea3e74af3a34b906680e37f85f8094c665b20749b826275
local	57	f2cfb640a3be4650875c8fc4588852a0	action.succeeded	2026-11-26 08:52:04.330774+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a34306162353837633034336561353235666337623232636139616331346463326238396239613138386136396231313231346137656563383662373066396130222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a32366263386332613030323064616534653239376564383730346137636637646431646464303833316436373830373365643537353536313031353161333235222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a32653730373762373361613134663030316238323035323837633831396335343536626662616134663635303830653637636537393332666232623532396131222c227265636f72645f6964223a2230316132313730652d303436612d376437392d626130312d376136376136383932306431222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223537222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3333303737345a222c227472616365223a7b227370616e5f6964223a2237336266373363616564666466343766222c2274726163655f6964223a226161356536666236616337333239303439373061376463643265336533363032227d7d	\\x6d2c9a81562e062ec1add1d5625ee2c667d3b8c28c597b46703e0b0d26c044cf
local	61	f2cfb640a3be4650875c8fc4588852a0	decision.made	2026-11-26 08:52:04.417465+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a33396337343065346538663833613733636262323961373065656634353962653765663736366262323033373962613135626164393231643037323261336538222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224e4f545f594554222c224150504f494e544544225d2c22636f6e74726f6c73223a5b2246494e2d3032222c224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a373836352c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2233396561366435372d356137302d346337612d386331612d656335653261653866313065222c22696e7075745f646967657374223a227368613235363a38333938613265363430333230643635613362376364616264313565386362396233393262653162663666663631363463613630323039373938623463353535222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a226465666572227d2c226576656e74223a226465636973696f6e2e6d616465222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a30306231353330343332336666366436353063616433333165616336383339346535366631333135616231326434626662316430663137343966336630303231222c227265636f72645f6964223a2230316132313730652d303463312d373362622d613066392d626433373734336161396339222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223631222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a226465666572726564227d2c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3431373436355a222c227472616365223a7b227370616e5f6964223a2266353839396665343539363566366362222c2274726163655f6964223a226161356536666236616337333239303439373061376463643265336533363032227d7d	\\xfeeff5d49ea76fca45320bfd294800ad81db4f4d760592f6521d8c5785b261d5
local	62	f2cfb640a3be4650875c8fc4588852a0	run.waiting	2026-11-26 08:52:04.417465+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e77616974696e67222c2270726576223a227368613235363a66656566663564343965613736666361343533323062666432393438303061643831646234663464373630353932663635323164386335373835623236316435222c227265636f72645f6964223a2230316132313730652d303463312d373763362d396461652d356461626661386136346161222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223632222c227374617465223a7b2266726f6d223a2272756e6e696e67222c22746f223a2277616974696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3431373436355a222c227472616365223a7b227370616e5f6964223a2266353839396665343539363566366362222c2274726163655f6964223a226161356536666236616337333239303439373061376463643265336533363032227d7d	\\x0308c5c0f6138319d99c3a976d27b03bc898a35cc06e8502e135950e05070c15
local	48	facc17266d7a448a9664c0d0491737f0	action.succeeded	2026-11-26 08:52:04.172821+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a34623432346661393239376639363838363337613364353966333562316133623538356564613165663264643564316238663238616435346663336464353334222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a61636539323838613366663739613931333262396464663632316263313933353466666230346233656163623137343836616436646334643531333033393631222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a38383666643261613761353435393234623664663638653830313564346439383634653262663534623532363039353637373935306538613430323962323362222c227265636f72645f6964223a2230316132313730652d303363632d373863642d393330622d646662346336333961326532222c2272756e223a226661636331373236366437613434386139363634633064303439313733376630222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223438222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3137323832315a222c227472616365223a7b227370616e5f6964223a2239363132326434613435623663373034222c2274726163655f6964223a223733663163383933613234363734633665353763336539616138303734653331227d7d	\\x5ad4798d90e2a8f89a8245297637f791f840b236753df235899e503440a089a9
local	52	f2cfb640a3be4650875c8fc4588852a0	run.created	2026-11-26 08:52:04.218753+00	\\x7b226163746f72223a7b22617574686e223a22746f6b656e222c226964223a2272656e6577616c732d72756e74696d65222c226b696e64223a2273657276696365227d2c2264657461696c223a7b22706c616e5f646967657374223a227368613235363a64343037303462343630623933386263326438626264653838386335616265373837343364663031393666613166366238333063623235326161323436336262222c2270726f63657373223a22676f6f6477696c6c222c2270726f636573735f76657273696f6e223a2231222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c227374657073223a337d2c226576656e74223a2272756e2e63726561746564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a38353334663231656465343435303634346561336537346166336133346239303636383065333766383566383039346336363562323037343962383236323735222c227265636f72645f6964223a2230316132313730652d303366612d376362372d613137352d653463363862623832653861222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223532222c227374617465223a7b22746f223a22706c616e6e6564227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3231383735335a222c227472616365223a7b227370616e5f6964223a2235303533653639346438363830356330222c2274726163655f6964223a223266393730633335636534663961373034313033653861323863383138393838227d7d	\\xdd75a520fc1f9f3bed39a6ef48ae9ce85f287cf37034607cb82746cd28daa06a
local	58	f2cfb640a3be4650875c8fc4588852a0	decision.made	2026-11-26 08:52:04.375509+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a63626462353664633762356136326462613438653261653833653963363266376238316364373434336464306135373161333931316435363864656165643530222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a333434302c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2232346337646364342d613961612d343365662d613435352d376131383366313036376262222c22696e7075745f646967657374223a227368613235363a32376635323136633361393962643833393732323333613862636162313964323464346233363135663863353663396665636335363238303936376265313331222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a36643263396138313536326530363265633161646431643536323565653263363637643362386332386335393762343637303365306230643236633034346366222c227265636f72645f6964223a2230316132313730652d303439372d373735342d616330612d333834363035313765316564222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223538222c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3337353530395a222c227472616365223a7b227370616e5f6964223a2265643835366336643436316230333038222c2274726163655f6964223a226161356536666236616337333239303439373061376463643265336533363032227d7d	\\xcda22c930246af21a437272f0fcec8ba2a306c79f4ff89fdded872b6ccfeb2ca
local	59	f2cfb640a3be4650875c8fc4588852a0	action.intended	2026-11-26 08:52:04.375509+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a63626462353664633762356136326462613438653261653833653963363266376238316364373434336464306135373161333931316435363864656165643530222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2262623234383233663539343365303463393233333435373837313634316263393237326661343530363938393165393965636530363435386262643039643962222c227065726d6974223a223433353865326431663433623466653361393463363466656236376339336639222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a63646132326339333032343661663231613433373237326630666365633862613261333036633739663466663839666464656438373262366363666562326361222c227265636f72645f6964223a2230316132313730652d303439372d376265322d623731382d346166333838373737666261222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223539222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3337353530395a222c227472616365223a7b227370616e5f6964223a2265643835366336643436316230333038222c2274726163655f6964223a226161356536666236616337333239303439373061376463643265336533363032227d7d	\\x18cf6335be0d2f068d0a6855526822c09e37789f750f3ce80803ebc97f031903
local	60	f2cfb640a3be4650875c8fc4588852a0	action.succeeded	2026-11-26 08:52:04.402011+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a63626462353664633762356136326462613438653261653833653963363266376238316364373434336464306135373161333931316435363864656165643530222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a61636539323838613366663739613931333262396464663632316263313933353466666230346233656163623137343836616436646334643531333033393631222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a31386366363333356265306432663036386430613638353535323638323263303965333737383966373530663363653830383033656263393766303331393033222c227265636f72645f6964223a2230316132313730652d303462322d373665322d383462392d656461346133633334336363222c2272756e223a226632636662363430613362653436353038373563386663343538383835326130222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223630222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3430323031315a222c227472616365223a7b227370616e5f6964223a2230376535663465363437663738353630222c2274726163655f6964223a226161356536666236616337333239303439373061376463643265336533363032227d7d	\\x00b15304323ff6d650cad331eac68394e56f1315ab12d4bfb1d0f1749f3f0021
local	64	558fb75dc4de41c1a8fcd5db29a6a7a1	decision.made	2026-11-26 08:52:04.510296+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a363034372c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2235353735303361342d626563382d343765662d383432312d666338386164613137363962222c22696e7075745f646967657374223a227368613235363a65343762306438636239636463376238346331306233633063623634626635383931663662323963623561666161323731393761633664346134356231643030222c226b696e64223a22706c616e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a38653134343838373139353138373330396533623461646331353930333661363432633861616237323636323765383338386334343638346338306232306531222c227265636f72645f6964223a2230316132313730652d303531652d373233362d383864332d616431343065373365663833222c2272756e223a223535386662373564633464653431633161386663643564623239613661376131222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223634222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3531303239365a222c227472616365223a7b227370616e5f6964223a2261623732643235396664396632373561222c2274726163655f6964223a223637653131346332633566633738653138363730396263393566323736303331227d7d	\\xd0f7a9f45168a8bc2df5151defeb4e099a64586d7c6b20d49cdb80f0680e9dc3
local	65	558fb75dc4de41c1a8fcd5db29a6a7a1	run.running	2026-11-26 08:52:04.510296+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226576656e74223a2272756e2e72756e6e696e67222c2270726576223a227368613235363a64306637613966343531363861386263326466353135316465666562346530393961363435383664376336623230643439636462383066303638306539646333222c227265636f72645f6964223a2230316132313730652d303531652d373134302d626333342d636538633431306235333865222c2272756e223a223535386662373564633464653431633161386663643564623239613661376131222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223635222c227374617465223a7b2266726f6d223a22706c616e6e6564222c22746f223a2272756e6e696e67227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3531303239365a222c227472616365223a7b227370616e5f6964223a2261623732643235396664396632373561222c2274726163655f6964223a223637653131346332633566633738653138363730396263393566323736303331227d7d	\\xc5c347fe4ef803f25c8741baeca6ca86370fca657bfceba1b933784a7309fb75
local	66	558fb75dc4de41c1a8fcd5db29a6a7a1	decision.made	2026-11-26 08:52:04.538854+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a65333431343764626665613234313232313263356535346664396638316537613836663866303664333562323063326137393261646634383138303838663538222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a323636322c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2261313332343366662d643130382d343765332d613064332d633662346335393333613330222c22696e7075745f646967657374223a227368613235363a33396635323333616334653231613133653264386238633535323530656235363932626163626563343635333832356161316539386134626130386237303736222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a63356333343766653465663830336632356338373431626165636136636138363337306663613635376266636562613162393333373834613733303966623735222c227265636f72645f6964223a2230316132313730652d303533612d373737662d396234372d633736656331663330393666222c2272756e223a223535386662373564633464653431633161386663643564623239613661376131222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223636222c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3533383835345a222c227472616365223a7b227370616e5f6964223a2261373430343633343663396433366361222c2274726163655f6964223a223637653131346332633566633738653138363730396263393566323736303331227d7d	\\x98f243e54fdabcf48b79cbef7d1f5c365632eb3d54123ba3a9b6a3bca1a810ee
local	67	558fb75dc4de41c1a8fcd5db29a6a7a1	action.intended	2026-11-26 08:52:04.538854+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a65333431343764626665613234313232313263356535346664396638316537613836663866303664333562323063326137393261646634383138303838663538222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2234633333343231663865613162633632356535346336353432336166353332313766653033656237373331336237366434303634666238373965623034396231222c227065726d6974223a226237303037303339373666323432326438346663633333656465333639633965222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a39386632343365353466646162636634386237396362656637643166356333363536333265623364353431323362613361396236613362636131613831306565222c227265636f72645f6964223a2230316132313730652d303533612d373130622d396231642d343164633730356434376636222c2272756e223a223535386662373564633464653431633161386663643564623239613661376131222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223637222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3533383835345a222c227472616365223a7b227370616e5f6964223a2261373430343633343663396433366361222c2274726163655f6964223a223637653131346332633566633738653138363730396263393566323736303331227d7d	\\xbb1deab7ace27edc7a210cf11bf248d56535ec2382e62c17ad7f1acec8c5c646
local	68	558fb75dc4de41c1a8fcd5db29a6a7a1	action.succeeded	2026-11-26 08:52:04.550111+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a65333431343764626665613234313232313263356535346664396638316537613836663866303664333562323063326137393261646634383138303838663538222c22656666656374223a2272656164222c226e616d65223a2273686f702e6c6f6f6b227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b22726573756c745f646967657374223a227368613235363a33376436616262333838393566313938653561366561653731643739396230333763343939356435366631626263353337646132656264346330383732623366222c22737461747573223a22737563636565646564222c22746f6f6c5f736572766572223a22636f6d70616e79227d2c226576656e74223a22616374696f6e2e737563636565646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a62623164656162376163653237656463376132313063663131626632343864353635333565633233383265363263313761643766316163656338633563363436222c227265636f72645f6964223a2230316132313730652d303534362d373862652d616539662d346664623162356361623938222c2272756e223a223535386662373564633464653431633161386663643564623239613661376131222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223638222c227374617465223a7b2266726f6d223a2264697370617463686564222c22746f223a22737563636565646564227d2c2273746570223a226f72646572222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3535303131315a222c227472616365223a7b227370616e5f6964223a2238633762346265353461363531613264222c2274726163655f6964223a223637653131346332633566633738653138363730396263393566323736303331227d7d	\\x05413db08cef02441c3194b6fd3bf45345381c1a5b681b482991c67efb330788
local	69	558fb75dc4de41c1a8fcd5db29a6a7a1	decision.made	2026-11-26 08:52:04.605729+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a35326635396136613663383039333933613931393863653932613534656365313633306334323832343538386136313937363761623764623361396233346436222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a363433372c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2231623131323037392d303361622d343937382d623064322d663364366564633035616237222c22696e7075745f646967657374223a227368613235363a38356530386365336666616137643239316237643237323466333163333132353732306231663162303463643636383530356362393135363633653238613063222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a30353431336462303863656630323434316333313934623666643362663435333435333831633161356236383162343832393931633637656662333330373838222c227265636f72645f6964223a2230316132313730652d303537642d373863372d393464652d616261313666623266393162222c2272756e223a223535386662373564633464653431633161386663643564623239613661376131222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223639222c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3630353732395a222c227472616365223a7b227370616e5f6964223a2230393166663131393530333638343531222c2274726163655f6964223a223637653131346332633566633738653138363730396263393566323736303331227d7d	\\x1f983e78bbda7de09e0cc060d002fb07a43a9e10ec5a589045eaeda86cc7a59d
local	70	558fb75dc4de41c1a8fcd5db29a6a7a1	action.intended	2026-11-26 08:52:04.605729+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a35326635396136613663383039333933613931393863653932613534656365313633306334323832343538386136313937363761623764623361396233346436222c22656666656374223a22697272657665727369626c65222c226e616d65223a2273686f702e74656c6c227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2239343435663764306532343662323230306461336534633030323363303566636337393432313437373866666634666233346231613435316563663565316337222c227065726d6974223a226261386636663561613138313434626438326232303437366135383536396331222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a31663938336537386262646137646530396530636330363064303032666230376134336139653130656335613538393034356561656461383663633761353964222c227265636f72645f6964223a2230316132313730652d303537642d373561622d616537382d316365353637636263323634222c2272756e223a223535386662373564633464653431633161386663643564623239613661376131222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223730222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a226e6f7465222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3630353732395a222c227472616365223a7b227370616e5f6964223a2230393166663131393530333638343531222c2274726163655f6964223a223637653131346332633566633738653138363730396263393566323736303331227d7d	\\x3d859a1f9da049604ffa59c204acb18aaa3a73be15d5d815146ee10538212c95
local	71	558fb75dc4de41c1a8fcd5db29a6a7a1	decision.made	2026-11-26 08:52:04.618604+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a62613532383664363532626530313530366639383262356236653766653161633435356639336333626266343763303930383533646238353236353661313739222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c226465636973696f6e223a7b22636f646573223a5b224150504f494e544544225d2c22636f6e74726f6c73223a5b224f50532d3031222c225352562d3031225d2c226475726174696f6e5f7573223a353430352c22656e67696e655f76657273696f6e223a22312e32322e32222c226661756c74223a66616c73652c226964223a2236393138336438382d663938332d343063352d386231662d383739656538613162353364222c22696e7075745f646967657374223a227368613235363a30396131626634646137366461613133643837353739623464316635613466393336356632376437353231303338393962333330396138393362396266643530222c226b696e64223a22616374696f6e222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c2276657264696374223a22616c6c6f77227d2c226576656e74223a226465636973696f6e2e6d616465222c226f626c69676174696f6e73223a5b7b22646967657374223a227368613235363a64653463643862363936316539616564396635313462623639366639666562376135313766653566366136616266303638383165346138643961306630653663222c22737461747573223a22696d706f736564222c2274797065223a2274696d656f7574227d5d2c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a33643835396131663964613034393630346666613539633230346163623138616161336137336265313564356438313531343665653130353338323132633935222c227265636f72645f6964223a2230316132313730652d303538612d376664642d623430332d333838343735616534383831222c2272756e223a223535386662373564633464653431633161386663643564623239613661376131222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223731222c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3631383630345a222c227472616365223a7b227370616e5f6964223a2261393133346564363566653433636666222c2274726163655f6964223a223637653131346332633566633738653138363730396263393566323736303331227d7d	\\xa9ce6b44dc25bd3c6fe49577b519d5fd6de79247dbd1af934de20229325fdee5
local	72	558fb75dc4de41c1a8fcd5db29a6a7a1	action.intended	2026-11-26 08:52:04.618604+00	\\x7b22616374696f6e223a7b22646967657374223a227368613235363a62613532383664363532626530313530366639383262356236653766653161633435356639336333626266343763303930383533646238353236353661313739222c22656666656374223a227772697465222c226e616d65223a2273686f702e706179227d2c226163746f72223a7b226964223a226465736b222c226b696e64223a226167656e74227d2c22617474656d7074223a312c22656666656374223a7b226964656d706f74656e63795f6b6579223a2237323936633762313636343064313939346336376239653161643931393838333530336432336439353664636361353564373262643835393363303537363633222c227065726d6974223a223039383133636133643935383433626338633764623864636264366134336536222c22737461747573223a22696e74656e646564227d2c226576656e74223a22616374696f6e2e696e74656e646564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a61396365366234346463323562643363366665343935373762353139643566643664653739323437646264316166393334646532303232393332356664656535222c227265636f72645f6964223a2230316132313730652d303538612d373365622d616363332d353338343032323663316330222c2272756e223a223535386662373564633464653431633161386663643564623239613661376131222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223732222c227374617465223a7b2266726f6d223a2270656e64696e67222c22746f223a2264697370617463686564227d2c2273746570223a22726566756e64222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3631383630345a222c227472616365223a7b227370616e5f6964223a2261393133346564363566653433636666222c2274726163655f6964223a223637653131346332633566633738653138363730396263393566323736303331227d7d	\\xe40b1a4fa288ef1064a2ccd7d813e1a16e7b1f3cb06f078e792035028984f435
local	73	\N	stop.created	2026-11-26 08:52:04.632284+00	\\x7b226163746f72223a7b22617574686e223a22746f6b656e222c226964223a226f74746f2e62657267222c226b696e64223a2275736572227d2c2264657461696c223a7b22726174696f6e616c65223a22776879222c2273636f7065223a2274656e616e74222c2273746f70223a223834626364373464656663393464303961353361313832306364313437333538222c2276616c7565223a22227d2c226576656e74223a2273746f702e63726561746564222c2270726576223a227368613235363a65343062316134666132383865663130363461326363643764383133653161313665376231663363623036663037386537393230333530323839383466343335222c227265636f72645f6964223a2230316132313730652d303539382d373633362d393132332d643430356464633534613361222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223733222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3633323238345a222c227472616365223a7b227370616e5f6964223a2231346366663865383064346331333436222c2274726163655f6964223a223034393430626466393263643036356530643839303766633165646361373037227d7d	\\x7104acd324e42d2c6c74ae4514c44193da0d46c5a63c44bd1c2fbc8e52a86292
local	74	88125c8a776441f2b828a97e937b9d22	run.created	2026-11-26 08:52:04.643702+00	\\x7b226163746f72223a7b22617574686e223a22746f6b656e222c226964223a2272656e6577616c732d72756e74696d65222c226b696e64223a2273657276696365227d2c2264657461696c223a7b22706c616e5f646967657374223a227368613235363a33346236333230313631666231616565323139336161383239643137353837343263613635396361373839383562363861383863656636393230663430303436222c2270726f63657373223a22726566756e64222c2270726f636573735f76657273696f6e223a2231222c227265766973696f6e223a227368613235363a62373138646638356566323334393966386264346564663138666338313537633966643835313531373731613833343338326635363361316333646662363831222c227374657073223a337d2c226576656e74223a2272756e2e63726561746564222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a37313034616364333234653432643263366337346165343531346334343139336461306434366335613633633434626431633266626338653532613836323932222c227265636f72645f6964223a2230316132313730652d303561332d373863372d616537642d656239623937326166306535222c2272756e223a223838313235633861373736343431663262383238613937653933376239643232222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223734222c227374617465223a7b22746f223a22706c616e6e6564227d2c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3634333730325a222c227472616365223a7b227370616e5f6964223a2262393132333135303763336630363264222c2274726163655f6964223a226564633466643364646265666431303232643738366530613839366538366264227d7d	\\x8efcc995b7fd535288cce89595b89366c3853151408df5e9a1cc5213f7288a0f
local	75	88125c8a776441f2b828a97e937b9d22	decision.made	2026-11-26 08:52:04.676231+00	\\x7b226163746f72223a7b226964223a22617373656e74222c226b696e64223a2273797374656d227d2c226465636973696f6e223a7b22636f646573223a5b2253544f50504544225d2c22636f6e74726f6c73223a5b5d2c226475726174696f6e5f7573223a333333302c22656e67696e655f76657273696f6e223a2273746f70732f31222c226661756c74223a66616c73652c226964223a2238623031363662632d636136332d343431352d393533322d306438616264386566306432222c22696e7075745f646967657374223a227368613235363a34336438616633643137363739383563666262353562323931306235663033326333303431363863663234373732663764376434653931666532323436636562222c226b696e64223a22706c616e222c227265766973696f6e223a22222c2276657264696374223a2264656e79227d2c2264657461696c223a7b2273746f7073223a5b223834626364373464656663393464303961353361313832306364313437333538225d7d2c226576656e74223a226465636973696f6e2e6d616465222c226f6e5f626568616c665f6f66223a2272656e6577616c732d72756e74696d65222c2270726576223a227368613235363a38656663633939356237666435333532383863636538393539356238393336366333383533313531343038646635653961316363353231336637323838613066222c227265636f72645f6964223a2230316132313730652d303563342d376538612d623830382d653464343263313062313331222c2272756e223a223838313235633861373736343431663262383238613937653933376239643232222c22736368656d61223a22617373656e742e61756469742f7631222c22736571223a223735222c2274656e616e74223a226c6f63616c222c2274696d65223a22323032362d31312d32365430383a35323a30342e3637363233315a222c227472616365223a7b227370616e5f6964223a2237356665373738313731646336323965222c2274726163655f6964223a223733343432316632343832306430383062343638616634353239376435326461227d7d	\\x98edd615f53b9a0ded1cca5c59fbaed596537c3e6096b45bfc63a085a4188fab
\.


--
-- Data for Name: application_versions; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."application_versions" ("version_id", "version_name", "version_timestamp", "created_at", "application_name") FROM stdin;
3c5635cc-908d-4450-b959-47f11f71b5a8	assent-1	1795683123031	1795683123031	assent
\.


--
-- Data for Name: dbos_migrations; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."dbos_migrations" ("version") FROM stdin;
125
\.


--
-- Data for Name: event_dispatch_kv; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."event_dispatch_kv" ("service_name", "workflow_fn_name", "key", "value", "update_seq", "update_time") FROM stdin;
\.


--
-- Data for Name: notifications; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."notifications" ("message_uuid", "destination_uuid", "topic", "message", "created_at_epoch_ms", "serialization", "consumed", "consumed_by_function_id") FROM stdin;
b86cfb5a-4e89-4e7f-a9be-9510b8314149	facc17266d7a448a9664c0d0491737f0	inbox	"settled"	1795683124190	assent_json	t	7
edbbef25-7aba-47cf-8172-1128e8d3a4e4	f2cfb640a3be4650875c8fc4588852a0	inbox	"settled"	1795683124421	assent_json	t	7
\.


--
-- Data for Name: operation_outputs; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."operation_outputs" ("workflow_uuid", "function_id", "function_name", "output", "error", "child_workflow_id", "started_at_epoch_ms", "completed_at_epoch_ms", "serialization", "application_name", "retention_timestamp") FROM stdin;
5e463c3536894c8bb52ffb7690ba5563	1	begin	{"settled": true, "seconds": 0.0}	\N	\N	1795683123266	1795683123310	assent_json	assent	1795683123311
5e463c3536894c8bb52ffb7690ba5563	2	advance	{"ready": ["order"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683123316	1795683123326	assent_json	assent	1795683123327
5e463c3536894c8bb52ffb7690ba5563	3	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683123331	1795683123383	assent_json	assent	1795683123384
5e463c3536894c8bb52ffb7690ba5563	4	advance	{"ready": ["refund"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683123389	1795683123396	assent_json	assent	1795683123397
5e463c3536894c8bb52ffb7690ba5563	5	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683123399	1795683123439	assent_json	assent	1795683123440
5e463c3536894c8bb52ffb7690ba5563	6	advance	{"ready": ["note"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683123444	1795683123451	assent_json	assent	1795683123452
5e463c3536894c8bb52ffb7690ba5563	7	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683123454	1795683123484	assent_json	assent	1795683123486
5e463c3536894c8bb52ffb7690ba5563	8	advance	{"ready": [], "outstanding": [], "over": true, "wake": []}	\N	\N	1795683123490	1795683123495	assent_json	assent	1795683123496
5e463c3536894c8bb52ffb7690ba5563	9	finish	null	\N	\N	1795683123498	1795683123509	assent_json	assent	1795683123510
6135b03dc82c481abcee46f4f15c412d	1	begin	{"settled": true, "seconds": 0.0}	\N	\N	1795683123541	1795683123571	assent_json	assent	1795683123572
6135b03dc82c481abcee46f4f15c412d	2	advance	{"ready": ["order"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683123576	1795683123584	assent_json	assent	1795683123585
6135b03dc82c481abcee46f4f15c412d	3	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683123587	1795683123622	assent_json	assent	1795683123623
6135b03dc82c481abcee46f4f15c412d	4	advance	{"ready": ["refund"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683123627	1795683123634	assent_json	assent	1795683123635
6135b03dc82c481abcee46f4f15c412d	5	attempt	{"settled": false, "seconds": 315360000.0}	\N	\N	1795683123637	1795683123666	assent_json	assent	1795683123670
6135b03dc82c481abcee46f4f15c412d	7	DBOS.sleep	1795686723.698575	\N	\N	1795683123694	1795683123698	portable_json	assent	1795683123700
d5a9bf2036d64041af11014fc52a9a86	1	begin	{"settled": true, "seconds": 0.0}	\N	\N	1795683123698	1795683123729	assent_json	assent	1795683123730
d5a9bf2036d64041af11014fc52a9a86	2	advance	{"ready": ["order"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683123735	1795683123745	assent_json	assent	1795683123747
d5a9bf2036d64041af11014fc52a9a86	3	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683123749	1795683123785	assent_json	assent	1795683123786
d5a9bf2036d64041af11014fc52a9a86	4	advance	{"ready": ["refund"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683123790	1795683123796	assent_json	assent	1795683123797
d5a9bf2036d64041af11014fc52a9a86	5	attempt	{"settled": false, "seconds": 81.169179}	\N	\N	1795683123800	1795683123831	assent_json	assent	1795683123832
d5a9bf2036d64041af11014fc52a9a86	7	DBOS.sleep	1795683205.0264993	\N	\N	1795683123853	1795683123857	portable_json	assent	1795683123858
6cc72195539c47fc9d96d761f014bd94	1	begin	{"settled": true, "seconds": 0.0}	\N	\N	1795683123861	1795683123894	assent_json	assent	1795683123896
6cc72195539c47fc9d96d761f014bd94	2	advance	{"ready": ["order"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683123908	1795683123931	assent_json	assent	1795683123932
facc17266d7a448a9664c0d0491737f0	1	begin	{"settled": true, "seconds": 0.0}	\N	\N	1795683123896	1795683123961	assent_json	assent	1795683123962
facc17266d7a448a9664c0d0491737f0	2	advance	{"ready": ["order"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683123968	1795683123989	assent_json	assent	1795683123991
6cc72195539c47fc9d96d761f014bd94	3	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683123937	1795683124000	assent_json	assent	1795683124001
6cc72195539c47fc9d96d761f014bd94	4	advance	{"ready": ["refund"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683124004	1795683124019	assent_json	assent	1795683124021
facc17266d7a448a9664c0d0491737f0	3	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683123997	1795683124074	assent_json	assent	1795683124077
facc17266d7a448a9664c0d0491737f0	4	advance	{"ready": ["note", "refund"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683124082	1795683124104	assent_json	assent	1795683124105
facc17266d7a448a9664c0d0491737f0	5	step.v1	\N	\N	facc17266d7a448a9664c0d0491737f0/note	1795683124107	1795683124112	\N	assent	1795683124110
facc17266d7a448a9664c0d0491737f0	6	step.v1	\N	\N	facc17266d7a448a9664c0d0491737f0/refund	1795683124116	1795683124125	\N	assent	1795683124121
facc17266d7a448a9664c0d0491737f0	8	DBOS.sleep	1795686724.1604793	\N	\N	1795683124152	1795683124160	portable_json	assent	1795683124163
facc17266d7a448a9664c0d0491737f0/note	1	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683124116	1795683124180	assent_json	assent	1795683124182
facc17266d7a448a9664c0d0491737f0/note	2	DBOS.send	\N	\N	\N	1795683124189	1795683124196	\N	assent	1795683124190
facc17266d7a448a9664c0d0491737f0/refund	1	attempt	{"settled": false, "seconds": 315360000.0}	\N	\N	1795683124137	1795683124194	assent_json	assent	1795683124197
facc17266d7a448a9664c0d0491737f0	7	DBOS.recv	"settled"	\N	\N	1795683124135	1795683124214	assent_json	assent	1795683124210
facc17266d7a448a9664c0d0491737f0/refund	3	DBOS.sleep	1795686724.2304592	\N	\N	1795683124225	1795683124230	portable_json	assent	1795683124232
facc17266d7a448a9664c0d0491737f0	9	advance	{"ready": [], "outstanding": ["refund"], "over": false, "wake": []}	\N	\N	1795683124221	1795683124238	assent_json	assent	1795683124242
facc17266d7a448a9664c0d0491737f0	11	DBOS.sleep	1795686724.261406	\N	\N	1795683124256	1795683124261	portable_json	assent	1795683124264
f2cfb640a3be4650875c8fc4588852a0	1	begin	{"settled": true, "seconds": 0.0}	\N	\N	1795683124238	1795683124282	assent_json	assent	1795683124283
f2cfb640a3be4650875c8fc4588852a0	2	advance	{"ready": ["order"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683124287	1795683124296	assent_json	assent	1795683124298
f2cfb640a3be4650875c8fc4588852a0	3	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683124300	1795683124334	assent_json	assent	1795683124335
f2cfb640a3be4650875c8fc4588852a0	4	advance	{"ready": ["note", "refund"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683124338	1795683124345	assent_json	assent	1795683124346
f2cfb640a3be4650875c8fc4588852a0	5	step.v1	\N	\N	f2cfb640a3be4650875c8fc4588852a0/note	1795683124347	1795683124350	\N	assent	1795683124350
f2cfb640a3be4650875c8fc4588852a0	6	step.v1	\N	\N	f2cfb640a3be4650875c8fc4588852a0/refund	1795683124351	1795683124362	\N	assent	1795683124355
f2cfb640a3be4650875c8fc4588852a0	8	DBOS.sleep	1795686724.390075	\N	\N	1795683124384	1795683124390	portable_json	assent	1795683124391
f2cfb640a3be4650875c8fc4588852a0/note	1	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683124352	1795683124410	assent_json	assent	1795683124411
f2cfb640a3be4650875c8fc4588852a0/refund	3	DBOS.sleep	1795683205.0404189	\N	\N	1795683124456	1795683124462	portable_json	assent	1795683124464
558fb75dc4de41c1a8fcd5db29a6a7a1	3	attempt	{"settled": true, "seconds": 0.0}	\N	\N	1795683124522	1795683124552	assent_json	assent	1795683124554
f2cfb640a3be4650875c8fc4588852a0/note	2	DBOS.send	\N	\N	\N	1795683124419	1795683124427	\N	assent	1795683124421
f2cfb640a3be4650875c8fc4588852a0	7	DBOS.recv	"settled"	\N	\N	1795683124367	1795683124443	assent_json	assent	1795683124437
f2cfb640a3be4650875c8fc4588852a0	11	DBOS.sleep	1795686724.493425	\N	\N	1795683124489	1795683124493	portable_json	assent	1795683124496
558fb75dc4de41c1a8fcd5db29a6a7a1	2	advance	{"ready": ["order"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683124515	1795683124520	assent_json	assent	1795683124521
558fb75dc4de41c1a8fcd5db29a6a7a1	5	step.v1	\N	\N	558fb75dc4de41c1a8fcd5db29a6a7a1/note	1795683124563	1795683124566	\N	assent	1795683124566
558fb75dc4de41c1a8fcd5db29a6a7a1	6	step.v1	\N	\N	558fb75dc4de41c1a8fcd5db29a6a7a1/refund	1795683124568	1795683124573	\N	assent	1795683124572
f2cfb640a3be4650875c8fc4588852a0/refund	1	attempt	{"settled": false, "seconds": 80.577878}	\N	\N	1795683124368	1795683124422	assent_json	assent	1795683124424
f2cfb640a3be4650875c8fc4588852a0	9	advance	{"ready": [], "outstanding": ["refund"], "over": false, "wake": []}	\N	\N	1795683124450	1795683124475	assent_json	assent	1795683124476
558fb75dc4de41c1a8fcd5db29a6a7a1	1	begin	{"settled": true, "seconds": 0.0}	\N	\N	1795683124483	1795683124513	assent_json	assent	1795683124514
558fb75dc4de41c1a8fcd5db29a6a7a1	4	advance	{"ready": ["note", "refund"], "outstanding": [], "over": false, "wake": []}	\N	\N	1795683124555	1795683124561	assent_json	assent	1795683124562
558fb75dc4de41c1a8fcd5db29a6a7a1	8	DBOS.sleep	1795686724.6123574	\N	\N	1795683124605	1795683124612	portable_json	assent	1795683124613
88125c8a776441f2b828a97e937b9d22	1	begin	{"settled": false, "seconds": 0.0}	\N	\N	1795683124650	1795683124679	assent_json	assent	1795683124681
\.


--
-- Data for Name: queues; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."queues" ("queue_id", "name", "concurrency", "worker_concurrency", "rate_limit_max", "rate_limit_period_sec", "priority_enabled", "partition_queue", "polling_interval_sec", "created_at", "updated_at", "application_name", "partition_concurrency", "partition_worker_concurrency", "partition_rate_limit_max", "partition_rate_limit_period_sec") FROM stdin;
\.


--
-- Data for Name: streams; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."streams" ("workflow_uuid", "key", "value", "offset", "function_id", "serialization") FROM stdin;
\.


--
-- Data for Name: workflow_events; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."workflow_events" ("workflow_uuid", "key", "value", "serialization") FROM stdin;
\.


--
-- Data for Name: workflow_events_history; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."workflow_events_history" ("workflow_uuid", "function_id", "key", "value", "serialization") FROM stdin;
\.


--
-- Data for Name: workflow_input; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."workflow_input" ("workflow_uuid", "inputs", "retention_timestamp") FROM stdin;
5e463c3536894c8bb52ffb7690ba5563	{"args": ["5e463c3536894c8bb52ffb7690ba5563"], "kwargs": {}}	1795683123261
6135b03dc82c481abcee46f4f15c412d	{"args": ["6135b03dc82c481abcee46f4f15c412d"], "kwargs": {}}	1795683123539
d5a9bf2036d64041af11014fc52a9a86	{"args": ["d5a9bf2036d64041af11014fc52a9a86"], "kwargs": {}}	1795683123695
6cc72195539c47fc9d96d761f014bd94	{"args": ["6cc72195539c47fc9d96d761f014bd94"], "kwargs": {}}	1795683123857
facc17266d7a448a9664c0d0491737f0	{"args": ["facc17266d7a448a9664c0d0491737f0"], "kwargs": {}}	1795683123892
facc17266d7a448a9664c0d0491737f0/note	{"args": ["facc17266d7a448a9664c0d0491737f0", "note"], "kwargs": {}}	1795683124110
facc17266d7a448a9664c0d0491737f0/refund	{"args": ["facc17266d7a448a9664c0d0491737f0", "refund"], "kwargs": {}}	1795683124121
f2cfb640a3be4650875c8fc4588852a0	{"args": ["f2cfb640a3be4650875c8fc4588852a0"], "kwargs": {}}	1795683124228
f2cfb640a3be4650875c8fc4588852a0/note	{"args": ["f2cfb640a3be4650875c8fc4588852a0", "note"], "kwargs": {}}	1795683124350
f2cfb640a3be4650875c8fc4588852a0/refund	{"args": ["f2cfb640a3be4650875c8fc4588852a0", "refund"], "kwargs": {}}	1795683124355
558fb75dc4de41c1a8fcd5db29a6a7a1	{"args": ["558fb75dc4de41c1a8fcd5db29a6a7a1"], "kwargs": {}}	1795683124476
558fb75dc4de41c1a8fcd5db29a6a7a1/note	{"args": ["558fb75dc4de41c1a8fcd5db29a6a7a1", "note"], "kwargs": {}}	1795683124566
558fb75dc4de41c1a8fcd5db29a6a7a1/refund	{"args": ["558fb75dc4de41c1a8fcd5db29a6a7a1", "refund"], "kwargs": {}}	1795683124572
88125c8a776441f2b828a97e937b9d22	{"args": ["88125c8a776441f2b828a97e937b9d22"], "kwargs": {}}	1795683124647
\.


--
-- Data for Name: workflow_output; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."workflow_output" ("workflow_uuid", "output", "error", "retention_timestamp") FROM stdin;
5e463c3536894c8bb52ffb7690ba5563	null	\N	1795683123519
facc17266d7a448a9664c0d0491737f0/note	null	\N	1795683124204
f2cfb640a3be4650875c8fc4588852a0/note	null	\N	1795683124434
\.


--
-- Data for Name: workflow_schedules; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."workflow_schedules" ("schedule_id", "schedule_name", "workflow_name", "workflow_class_name", "schedule", "status", "context", "last_fired_at", "automatic_backfill", "cron_timezone", "queue_name", "application_name") FROM stdin;
\.


--
-- Data for Name: workflow_status; Type: TABLE DATA; Schema: dbos; Owner: -
--

COPY "dbos"."workflow_status" ("workflow_uuid", "status", "name", "authenticated_user", "assumed_role", "authenticated_roles", "request", "output", "error", "executor_id", "created_at", "updated_at", "application_version", "application_id", "class_name", "config_name", "recovery_attempts", "queue_name", "workflow_timeout_ms", "workflow_deadline_epoch_ms", "inputs", "started_at_epoch_ms", "deduplication_id", "priority", "queue_partition_key", "forked_from", "owner_xid", "parent_workflow_id", "serialization", "delay_until_epoch_ms", "was_forked_from", "rate_limited", "completed_at", "attributes", "schedule_name", "debounce_deadline_epoch_ms", "is_debounced", "application_name", "creator_xid") FROM stdin;
5e463c3536894c8bb52ffb7690ba5563	SUCCESS	run.v1	\N	\N	\N	\N	\N	\N	local	1795683123261	1795683123519	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	\N	\N	assent_json	\N	f	f	1795683123519	null	\N	\N	f	assent	000e4aa4-c1c7-4887-82f0-11910d736ba2
6135b03dc82c481abcee46f4f15c412d	PENDING	run.v1	\N	\N	\N	\N	\N	\N	local	1795683123539	1795683123539	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	f6b2bdd4-65eb-4210-b0ac-06e7ca4affff	\N	assent_json	\N	f	f	\N	null	\N	\N	f	assent	f6b2bdd4-65eb-4210-b0ac-06e7ca4affff
d5a9bf2036d64041af11014fc52a9a86	PENDING	run.v1	\N	\N	\N	\N	\N	\N	local	1795683123695	1795683123695	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	57a020fd-60bf-44a6-94e5-aa9e1727e7ec	\N	assent_json	\N	f	f	\N	null	\N	\N	f	assent	57a020fd-60bf-44a6-94e5-aa9e1727e7ec
6cc72195539c47fc9d96d761f014bd94	PENDING	run.v1	\N	\N	\N	\N	\N	\N	local	1795683123857	1795683123857	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	48151ff3-cdc3-4b75-9e06-8124ccf9a9d9	\N	assent_json	\N	f	f	\N	null	\N	\N	f	assent	48151ff3-cdc3-4b75-9e06-8124ccf9a9d9
facc17266d7a448a9664c0d0491737f0	PENDING	run.v1	\N	\N	\N	\N	\N	\N	local	1795683123892	1795683123892	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	ca4f1331-e473-42c7-8528-352c80094769	\N	assent_json	\N	f	f	\N	null	\N	\N	f	assent	ca4f1331-e473-42c7-8528-352c80094769
facc17266d7a448a9664c0d0491737f0/refund	PENDING	step.v1	\N	\N	\N	\N	\N	\N	local	1795683124121	1795683124121	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	84aa3371-661c-4032-807b-12bd8bcb2ee3	facc17266d7a448a9664c0d0491737f0	assent_json	\N	f	f	\N	null	\N	\N	f	assent	84aa3371-661c-4032-807b-12bd8bcb2ee3
facc17266d7a448a9664c0d0491737f0/note	SUCCESS	step.v1	\N	\N	\N	\N	\N	\N	local	1795683124110	1795683124204	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	\N	facc17266d7a448a9664c0d0491737f0	assent_json	\N	f	f	1795683124204	null	\N	\N	f	assent	c2c62c88-52d0-4cdd-9fa8-b49f3436af74
f2cfb640a3be4650875c8fc4588852a0	PENDING	run.v1	\N	\N	\N	\N	\N	\N	local	1795683124228	1795683124228	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	e8e4281c-cda9-4d3f-9134-04c0c166b135	\N	assent_json	\N	f	f	\N	null	\N	\N	f	assent	e8e4281c-cda9-4d3f-9134-04c0c166b135
f2cfb640a3be4650875c8fc4588852a0/refund	PENDING	step.v1	\N	\N	\N	\N	\N	\N	local	1795683124355	1795683124355	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	9a97a739-d9ae-4d31-9ea2-4366c135da28	f2cfb640a3be4650875c8fc4588852a0	assent_json	\N	f	f	\N	null	\N	\N	f	assent	9a97a739-d9ae-4d31-9ea2-4366c135da28
f2cfb640a3be4650875c8fc4588852a0/note	SUCCESS	step.v1	\N	\N	\N	\N	\N	\N	local	1795683124350	1795683124434	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	\N	f2cfb640a3be4650875c8fc4588852a0	assent_json	\N	f	f	1795683124434	null	\N	\N	f	assent	1b79750b-9588-4032-8117-c9a187640b9d
558fb75dc4de41c1a8fcd5db29a6a7a1	PENDING	run.v1	\N	\N	\N	\N	\N	\N	local	1795683124476	1795683124476	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	0a73e379-f091-424e-be5c-f830a98d6a07	\N	assent_json	\N	f	f	\N	null	\N	\N	f	assent	0a73e379-f091-424e-be5c-f830a98d6a07
558fb75dc4de41c1a8fcd5db29a6a7a1/note	PENDING	step.v1	\N	\N	\N	\N	\N	\N	local	1795683124566	1795683124566	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	243998da-b569-47cf-b9e7-959f10f60c02	558fb75dc4de41c1a8fcd5db29a6a7a1	assent_json	\N	f	f	\N	null	\N	\N	f	assent	243998da-b569-47cf-b9e7-959f10f60c02
558fb75dc4de41c1a8fcd5db29a6a7a1/refund	PENDING	step.v1	\N	\N	\N	\N	\N	\N	local	1795683124572	1795683124572	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	7c4edd8d-fb2a-4587-b177-9e6aca13b217	558fb75dc4de41c1a8fcd5db29a6a7a1	assent_json	\N	f	f	\N	null	\N	\N	f	assent	7c4edd8d-fb2a-4587-b177-9e6aca13b217
88125c8a776441f2b828a97e937b9d22	PENDING	run.v1	\N	\N	\N	\N	\N	\N	local	1795683124647	1795683124647	assent-1		\N	\N	1	\N	\N	\N	\N	\N	\N	0	\N	\N	85426bc6-de34-4a47-a56c-49debdc8a582	\N	assent_json	\N	f	f	\N	null	\N	\N	f	assent	85426bc6-de34-4a47-a56c-49debdc8a582
\.


--
-- Name: activations_number_seq; Type: SEQUENCE SET; Schema: assent; Owner: -
--

SELECT pg_catalog.setval('"assent"."activations_number_seq"', 1, true);


--
-- Name: activations activations_id_key; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."activations"
    ADD CONSTRAINT "activations_id_key" UNIQUE ("id");


--
-- Name: activations activations_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."activations"
    ADD CONSTRAINT "activations_pkey" PRIMARY KEY ("number");


--
-- Name: activations activations_tenant_actor_request_id_key; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."activations"
    ADD CONSTRAINT "activations_tenant_actor_request_id_key" UNIQUE ("tenant", "actor", "request_id");


--
-- Name: alembic_version alembic_version_pkc; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."alembic_version"
    ADD CONSTRAINT "alembic_version_pkc" PRIMARY KEY ("version_num");


--
-- Name: answers answers_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."answers"
    ADD CONSTRAINT "answers_pkey" PRIMARY KEY ("approval_id", "stage", "approver");


--
-- Name: approvals approvals_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."approvals"
    ADD CONSTRAINT "approvals_pkey" PRIMARY KEY ("id");


--
-- Name: bundles bundles_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."bundles"
    ADD CONSTRAINT "bundles_pkey" PRIMARY KEY ("revision");


--
-- Name: effects effects_permit_id_key; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."effects"
    ADD CONSTRAINT "effects_permit_id_key" UNIQUE ("permit_id");


--
-- Name: effects effects_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."effects"
    ADD CONSTRAINT "effects_pkey" PRIMARY KEY ("run_id", "step_id");


--
-- Name: heads heads_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."heads"
    ADD CONSTRAINT "heads_pkey" PRIMARY KEY ("tenant");


--
-- Name: permits permits_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."permits"
    ADD CONSTRAINT "permits_pkey" PRIMARY KEY ("id");


--
-- Name: requests requests_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."requests"
    ADD CONSTRAINT "requests_pkey" PRIMARY KEY ("tenant", "caller", "request_id");


--
-- Name: runs runs_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."runs"
    ADD CONSTRAINT "runs_pkey" PRIMARY KEY ("id");


--
-- Name: runs runs_tenant_submitter_request_id_key; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."runs"
    ADD CONSTRAINT "runs_tenant_submitter_request_id_key" UNIQUE ("tenant", "submitter", "request_id");


--
-- Name: shadow_counts shadow_counts_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."shadow_counts"
    ADD CONSTRAINT "shadow_counts_pkey" PRIMARY KEY ("shadow_id", "tenant", "outcome");


--
-- Name: shadow_differences shadow_differences_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."shadow_differences"
    ADD CONSTRAINT "shadow_differences_pkey" PRIMARY KEY ("shadow_id", "tenant", "digest");


--
-- Name: shadows shadows_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."shadows"
    ADD CONSTRAINT "shadows_pkey" PRIMARY KEY ("id");


--
-- Name: shadows shadows_running_key; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."shadows"
    ADD CONSTRAINT "shadows_running_key" UNIQUE ("running");


--
-- Name: steps steps_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."steps"
    ADD CONSTRAINT "steps_pkey" PRIMARY KEY ("run_id", "id");


--
-- Name: stops stops_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."stops"
    ADD CONSTRAINT "stops_pkey" PRIMARY KEY ("id");


--
-- Name: stops stops_tenant_created_by_request_id_key; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."stops"
    ADD CONSTRAINT "stops_tenant_created_by_request_id_key" UNIQUE ("tenant", "created_by", "request_id");


--
-- Name: trail trail_pkey; Type: CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."trail"
    ADD CONSTRAINT "trail_pkey" PRIMARY KEY ("tenant", "seq");


--
-- Name: application_versions application_versions_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."application_versions"
    ADD CONSTRAINT "application_versions_pkey" PRIMARY KEY ("version_id");


--
-- Name: application_versions application_versions_version_name_key; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."application_versions"
    ADD CONSTRAINT "application_versions_version_name_key" UNIQUE ("version_name");


--
-- Name: dbos_migrations dbos_migrations_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."dbos_migrations"
    ADD CONSTRAINT "dbos_migrations_pkey" PRIMARY KEY ("version");


--
-- Name: event_dispatch_kv event_dispatch_kv_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."event_dispatch_kv"
    ADD CONSTRAINT "event_dispatch_kv_pkey" PRIMARY KEY ("service_name", "workflow_fn_name", "key");


--
-- Name: notifications notifications_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."notifications"
    ADD CONSTRAINT "notifications_pkey" PRIMARY KEY ("message_uuid");


--
-- Name: operation_outputs operation_outputs_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."operation_outputs"
    ADD CONSTRAINT "operation_outputs_pkey" PRIMARY KEY ("workflow_uuid", "function_id");


--
-- Name: queues queues_name_key; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."queues"
    ADD CONSTRAINT "queues_name_key" UNIQUE ("name");


--
-- Name: queues queues_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."queues"
    ADD CONSTRAINT "queues_pkey" PRIMARY KEY ("queue_id");


--
-- Name: streams streams_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."streams"
    ADD CONSTRAINT "streams_pkey" PRIMARY KEY ("workflow_uuid", "key", "offset");


--
-- Name: workflow_events_history workflow_events_history_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."workflow_events_history"
    ADD CONSTRAINT "workflow_events_history_pkey" PRIMARY KEY ("workflow_uuid", "function_id", "key");


--
-- Name: workflow_events workflow_events_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."workflow_events"
    ADD CONSTRAINT "workflow_events_pkey" PRIMARY KEY ("workflow_uuid", "key");


--
-- Name: workflow_input workflow_input_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."workflow_input"
    ADD CONSTRAINT "workflow_input_pkey" PRIMARY KEY ("workflow_uuid");


--
-- Name: workflow_output workflow_output_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."workflow_output"
    ADD CONSTRAINT "workflow_output_pkey" PRIMARY KEY ("workflow_uuid");


--
-- Name: workflow_schedules workflow_schedules_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."workflow_schedules"
    ADD CONSTRAINT "workflow_schedules_pkey" PRIMARY KEY ("schedule_id");


--
-- Name: workflow_schedules workflow_schedules_schedule_name_key; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."workflow_schedules"
    ADD CONSTRAINT "workflow_schedules_schedule_name_key" UNIQUE ("schedule_name");


--
-- Name: workflow_status workflow_status_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."workflow_status"
    ADD CONSTRAINT "workflow_status_pkey" PRIMARY KEY ("workflow_uuid");


--
-- Name: activations_by_revision; Type: INDEX; Schema: assent; Owner: -
--

CREATE INDEX "activations_by_revision" ON "assent"."activations" USING "btree" ("revision", "number" DESC);


--
-- Name: approvals_open; Type: INDEX; Schema: assent; Owner: -
--

CREATE UNIQUE INDEX "approvals_open" ON "assent"."approvals" USING "btree" ("run_id", "step_id") WHERE ("state" = ANY (ARRAY['pending'::"text", 'approved'::"text"]));


--
-- Name: permits_by_age; Type: INDEX; Schema: assent; Owner: -
--

CREATE INDEX "permits_by_age" ON "assent"."permits" USING "btree" ("tenant", "issued_at" DESC, "id");


--
-- Name: permits_open; Type: INDEX; Schema: assent; Owner: -
--

CREATE INDEX "permits_open" ON "assent"."permits" USING "btree" ("report_by") WHERE ("status" = 'issued'::"text");


--
-- Name: runs_by_age; Type: INDEX; Schema: assent; Owner: -
--

CREATE INDEX "runs_by_age" ON "assent"."runs" USING "btree" ("tenant", "created_at" DESC, "id");


--
-- Name: stops_open; Type: INDEX; Schema: assent; Owner: -
--

CREATE INDEX "stops_open" ON "assent"."stops" USING "btree" ("tenant") WHERE ("lifted_at" IS NULL);


--
-- Name: trail_by_run; Type: INDEX; Schema: assent; Owner: -
--

CREATE INDEX "trail_by_run" ON "assent"."trail" USING "btree" ("tenant", "run_id", "seq");


--
-- Name: idx_application_versions_owner_timestamp; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_application_versions_owner_timestamp" ON "dbos"."application_versions" USING "btree" ("application_name", "version_timestamp" DESC);


--
-- Name: idx_application_versions_timestamp; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_application_versions_timestamp" ON "dbos"."application_versions" USING "btree" ("version_timestamp" DESC);


--
-- Name: idx_operation_outputs_completed_at_function_name_v2; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_operation_outputs_completed_at_function_name_v2" ON "dbos"."operation_outputs" USING "btree" ("completed_at_epoch_ms", "function_name") INCLUDE ("application_name");


--
-- Name: idx_operation_outputs_retention; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_operation_outputs_retention" ON "dbos"."operation_outputs" USING "btree" ("retention_timestamp");


--
-- Name: idx_workflow_input_retention; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_input_retention" ON "dbos"."workflow_input" USING "btree" ("retention_timestamp");


--
-- Name: idx_workflow_output_retention; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_output_retention" ON "dbos"."workflow_output" USING "btree" ("retention_timestamp");


--
-- Name: idx_workflow_status_attributes; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_attributes" ON "dbos"."workflow_status" USING "gin" ("attributes") WHERE ("attributes" IS NOT NULL);


--
-- Name: idx_workflow_status_completed_at; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_completed_at" ON "dbos"."workflow_status" USING "btree" ("completed_at") WHERE ("completed_at" IS NOT NULL);


--
-- Name: idx_workflow_status_deadline; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_deadline" ON "dbos"."workflow_status" USING "btree" ("workflow_deadline_epoch_ms") WHERE (("status" = ANY (ARRAY['ENQUEUED'::"text", 'PENDING'::"text", 'DELAYED'::"text"])) AND ("workflow_deadline_epoch_ms" IS NOT NULL));


--
-- Name: idx_workflow_status_delayed; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_delayed" ON "dbos"."workflow_status" USING "btree" ("delay_until_epoch_ms") WHERE ("status" = 'DELAYED'::"text");


--
-- Name: idx_workflow_status_failed; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_failed" ON "dbos"."workflow_status" USING "btree" ("status", "created_at") WHERE ("status" = ANY (ARRAY['ERROR'::"text", 'CANCELLED'::"text", 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'::"text"]));


--
-- Name: idx_workflow_status_forked_from; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_forked_from" ON "dbos"."workflow_status" USING "btree" ("forked_from") WHERE ("forked_from" IS NOT NULL);


--
-- Name: idx_workflow_status_in_flight_v2; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_in_flight_v2" ON "dbos"."workflow_status" USING "btree" ("queue_name", "status", "priority", "created_at") INCLUDE ("application_name") WHERE ("status" = ANY (ARRAY['ENQUEUED'::"text", 'PENDING'::"text"]));


--
-- Name: idx_workflow_status_parent_workflow_id; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_parent_workflow_id" ON "dbos"."workflow_status" USING "btree" ("parent_workflow_id") WHERE ("parent_workflow_id" IS NOT NULL);


--
-- Name: idx_workflow_status_partition_dequeue_v3; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_partition_dequeue_v3" ON "dbos"."workflow_status" USING "btree" ("queue_name", "status", "queue_partition_key", "priority", "created_at", "workflow_uuid") INCLUDE ("application_name") WHERE (("status" = ANY (ARRAY['ENQUEUED'::"text", 'PENDING'::"text"])) AND ("queue_partition_key" IS NOT NULL));


--
-- Name: idx_workflow_status_pending; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_pending" ON "dbos"."workflow_status" USING "btree" ("created_at") WHERE ("status" = 'PENDING'::"text");


--
-- Name: idx_workflow_status_rate_limited; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_rate_limited" ON "dbos"."workflow_status" USING "btree" ("queue_name", "started_at_epoch_ms") WHERE ("rate_limited" = true);


--
-- Name: idx_workflow_status_schedule_name; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_schedule_name" ON "dbos"."workflow_status" USING "btree" ("schedule_name") WHERE ("schedule_name" IS NOT NULL);


--
-- Name: idx_workflow_status_started_at; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_status_started_at" ON "dbos"."workflow_status" USING "btree" ("started_at_epoch_ms") WHERE ("started_at_epoch_ms" IS NOT NULL);


--
-- Name: idx_workflow_topic; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "idx_workflow_topic" ON "dbos"."notifications" USING "btree" ("destination_uuid", "topic");


--
-- Name: uq_application_versions_owner_version; Type: INDEX; Schema: dbos; Owner: -
--

CREATE UNIQUE INDEX "uq_application_versions_owner_version" ON "dbos"."application_versions" USING "btree" ("application_name", "version_name") WHERE ("application_name" IS NOT NULL);


--
-- Name: uq_application_versions_unclaimed_version; Type: INDEX; Schema: dbos; Owner: -
--

CREATE UNIQUE INDEX "uq_application_versions_unclaimed_version" ON "dbos"."application_versions" USING "btree" ("version_name") WHERE ("application_name" IS NULL);


--
-- Name: uq_workflow_status_dedup_id; Type: INDEX; Schema: dbos; Owner: -
--

CREATE UNIQUE INDEX "uq_workflow_status_dedup_id" ON "dbos"."workflow_status" USING "btree" ("queue_name", "deduplication_id") WHERE ("deduplication_id" IS NOT NULL);


--
-- Name: workflow_status_created_at_index; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX "workflow_status_created_at_index" ON "dbos"."workflow_status" USING "btree" ("created_at");


--
-- Name: heads heads_only_advance; Type: TRIGGER; Schema: assent; Owner: -
--

CREATE TRIGGER "heads_only_advance" BEFORE UPDATE ON "assent"."heads" FOR EACH ROW WHEN ((("new"."tenant" <> "old"."tenant") OR ("new"."seq" <= "old"."seq"))) EXECUTE FUNCTION "assent"."refuse_change"();


--
-- Name: heads heads_stay; Type: TRIGGER; Schema: assent; Owner: -
--

CREATE TRIGGER "heads_stay" BEFORE DELETE OR TRUNCATE ON "assent"."heads" FOR EACH STATEMENT EXECUTE FUNCTION "assent"."refuse_change"();


--
-- Name: stops stops_are_lifted_once; Type: TRIGGER; Schema: assent; Owner: -
--

CREATE TRIGGER "stops_are_lifted_once" BEFORE UPDATE ON "assent"."stops" FOR EACH ROW WHEN ((("old"."lifted_at" IS NOT NULL) OR ((((((("new"."tenant" IS DISTINCT FROM "old"."tenant") OR ("new"."id" IS DISTINCT FROM "old"."id")) OR ("new"."scope" IS DISTINCT FROM "old"."scope")) OR ("new"."value" IS DISTINCT FROM "old"."value")) OR ("new"."reason" IS DISTINCT FROM "old"."reason")) OR ("new"."created_by" IS DISTINCT FROM "old"."created_by")) OR ("new"."created_at" IS DISTINCT FROM "old"."created_at")))) EXECUTE FUNCTION "assent"."refuse_stop_change"();


--
-- Name: stops stops_stay; Type: TRIGGER; Schema: assent; Owner: -
--

CREATE TRIGGER "stops_stay" BEFORE DELETE OR TRUNCATE ON "assent"."stops" FOR EACH STATEMENT EXECUTE FUNCTION "assent"."refuse_stop_change"();


--
-- Name: trail trail_is_append_only; Type: TRIGGER; Schema: assent; Owner: -
--

CREATE TRIGGER "trail_is_append_only" BEFORE DELETE OR UPDATE OR TRUNCATE ON "assent"."trail" FOR EACH STATEMENT EXECUTE FUNCTION "assent"."refuse_change"();


--
-- Name: notifications dbos_notifications_trigger; Type: TRIGGER; Schema: dbos; Owner: -
--

CREATE TRIGGER "dbos_notifications_trigger" AFTER INSERT ON "dbos"."notifications" FOR EACH ROW EXECUTE FUNCTION "dbos"."notifications_function"();


--
-- Name: answers answers_approval_id_fkey; Type: FK CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."answers"
    ADD CONSTRAINT "answers_approval_id_fkey" FOREIGN KEY ("approval_id") REFERENCES "assent"."approvals"("id");


--
-- Name: approvals approvals_run_id_fkey; Type: FK CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."approvals"
    ADD CONSTRAINT "approvals_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "assent"."runs"("id");


--
-- Name: shadow_counts shadow_counts_shadow_id_fkey; Type: FK CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."shadow_counts"
    ADD CONSTRAINT "shadow_counts_shadow_id_fkey" FOREIGN KEY ("shadow_id") REFERENCES "assent"."shadows"("id");


--
-- Name: shadow_differences shadow_differences_shadow_id_fkey; Type: FK CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."shadow_differences"
    ADD CONSTRAINT "shadow_differences_shadow_id_fkey" FOREIGN KEY ("shadow_id") REFERENCES "assent"."shadows"("id");


--
-- Name: steps steps_run_id_fkey; Type: FK CONSTRAINT; Schema: assent; Owner: -
--

ALTER TABLE ONLY "assent"."steps"
    ADD CONSTRAINT "steps_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "assent"."runs"("id");


--
-- Name: notifications notifications_destination_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."notifications"
    ADD CONSTRAINT "notifications_destination_uuid_fkey" FOREIGN KEY ("destination_uuid") REFERENCES "dbos"."workflow_status"("workflow_uuid") ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: streams streams_workflow_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."streams"
    ADD CONSTRAINT "streams_workflow_uuid_fkey" FOREIGN KEY ("workflow_uuid") REFERENCES "dbos"."workflow_status"("workflow_uuid") ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: workflow_events_history workflow_events_history_workflow_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."workflow_events_history"
    ADD CONSTRAINT "workflow_events_history_workflow_uuid_fkey" FOREIGN KEY ("workflow_uuid") REFERENCES "dbos"."workflow_status"("workflow_uuid") ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: workflow_events workflow_events_workflow_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY "dbos"."workflow_events"
    ADD CONSTRAINT "workflow_events_workflow_uuid_fkey" FOREIGN KEY ("workflow_uuid") REFERENCES "dbos"."workflow_status"("workflow_uuid") ON UPDATE CASCADE ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--

\unrestrict T9L53ZOMa68jyIleJeaPdc4igtXmCeeRwAWaFVz8ESiQjioD8PeTSgtbWlDPLW0

