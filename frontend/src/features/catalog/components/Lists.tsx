import type { ColumnDef } from "@tanstack/react-table";
import { Link } from "react-router";
import { DataTable } from "@/components/DataTable";
import { KindIcon } from "@/components/KindIcon";
import { Moment } from "@/components/Moment";
import { NodeLabel } from "@/components/NodeLabel";
import { StatusBadge } from "@/components/StatusBadge";
import type { Node, RunSummary } from "@/lib/api/types";
import { kindInfo } from "@/lib/kinds";
import { duration } from "@/lib/format/time";
import { paths } from "@/lib/paths";
import { statusInfo } from "@/lib/status";
import classes from "./Catalog.module.css";

function Status({ status }: { status: string | null }) {
  const info = statusInfo(status);
  return info ? <StatusBadge info={info} sign={info.word.startsWith("Alert") ? "alert" : "state"} /> : "–";
}

function Name({ kind, to, label, name, space }: { kind: string; to: string; label: string; name: string; space: string }) {
  return (
    <div className={classes.name}>
      <KindIcon kind={kind} size={26} />
      <div>
        <Link to={to}>
          <NodeLabel label={label} name={name} namespace={space} />
        </Link>
        <div className={classes.space}>{space}</div>
      </div>
    </div>
  );
}

const NODE_COLUMNS: ColumnDef<Node>[] = [
  {
    id: "name",
    header: "Name",
    enableSorting: false,
    cell: ({ row: { original: node } }) => (
      <Name kind={node.kind} to={node.kind === "MLModel" ? paths.model(node.id) : paths.lineage(node.id)} label={node.label} name={node.name} space={node.namespace} />
    ),
  },
  { id: "status", header: "Status", enableSorting: false, cell: ({ row }) => <Status status={row.original.status} /> },
  { id: "tags", header: "Tags", enableSorting: false, accessorFn: ({ tags }) => tags.join(", ") || "–" },
  { id: "seen", header: "Last seen", enableSorting: false, cell: ({ row }) => <Moment at={row.original.last_seen} look="ago" /> },
];

/** Datasets and outputs have no status, so no column for it. */
const WITHOUT_STATUS = NODE_COLUMNS.filter(({ id }) => id !== "status");

/** Nodes of one kind, by name. */
export function NodeList({ kind, nodes, status }: { kind: string; nodes: readonly Node[]; status: boolean }) {
  return <DataTable caption={kindInfo(kind).plural} rows={nodes} columns={status ? NODE_COLUMNS : WITHOUT_STATUS} rowKey={({ id }) => id} />;
}

const RUN_COLUMNS: ColumnDef<RunSummary>[] = [
  {
    id: "job",
    header: "Job",
    enableSorting: false,
    cell: ({ row: { original: run } }) => <Name kind="Run" to={paths.lineage(run.job_id)} label={run.job_label} name={run.job_name} space={run.job_namespace} />,
  },
  { id: "state", header: "State", enableSorting: false, cell: ({ row }) => <Status status={row.original.state} /> },
  { id: "started", header: "Started", enableSorting: false, cell: ({ row }) => <Moment at={row.original.started_at ?? row.original.ended_at} /> },
  { id: "took", header: "Took", enableSorting: false, accessorFn: ({ started_at: from, ended_at: to }) => duration(from, to) },
  { id: "run", header: "Run id", enableSorting: false, cell: ({ row }) => <code className={classes.id}>{row.original.run_id}</code> },
];

/** Runs, newest first. */
export function RunList({ runs }: { runs: readonly RunSummary[] }) {
  return <DataTable caption="Runs" rows={runs} columns={RUN_COLUMNS} rowKey={({ id }) => id} />;
}
