import type { ColumnDef } from "@tanstack/react-table";
import { useMemo } from "react";
import { Link } from "react-router";
import { DataTable } from "@/components/DataTable";
import { Moment } from "@/components/Moment";
import { NodeLabel } from "@/components/NodeLabel";
import { StatusBadge } from "@/components/StatusBadge";
import { EmptyState } from "@/components/states";
import type { Node, VersionSummary } from "@/lib/api/types";
import { metricName, metricValue } from "@/lib/format/number";
import { paths } from "@/lib/paths";
import type { Tone } from "@/lib/status";
import classes from "./ModelPage.module.css";

const STAGES: Record<string, Tone> = { deployed: "good", trained: "quiet", registered: "quiet", retired: "quiet" };

function Links({ nodes }: { nodes: readonly Node[] }) {
  if (nodes.length === 0) return <>–</>;
  return (
    <ul className={classes.links}>
      {nodes.map((node) => (
        <li key={node.id}>
          <Link to={paths.lineage(node.id)}>
            <NodeLabel label={node.label} name={node.name} namespace={node.namespace} />
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** The versions of a model, with their training data and outputs. */
export function VersionTable({ versions }: { versions: readonly VersionSummary[] }) {
  const columns = useMemo<ColumnDef<VersionSummary>[]>(
    () => [
      { id: "version", header: "Version", accessorKey: "version", sortingFn: "alphanumeric", cell: ({ row }) => <Link to={paths.lineage(row.original.id)}>v{row.original.version}</Link> },
      { id: "stage", header: "Stage", accessorKey: "stage", cell: ({ row: { original } }) => <StatusBadge info={{ word: original.stage.charAt(0).toUpperCase() + original.stage.slice(1), tone: STAGES[original.stage] ?? "quiet" }} /> },
      { id: "registered", header: "Registered", accessorKey: "registered_at", cell: ({ row }) => <Moment at={row.original.registered_at} look="day" /> },
      { id: "deployed", header: "Deployed", accessorKey: "deployed_at", cell: ({ row }) => <Moment at={row.original.deployed_at} look="day" /> },
      { id: "data", header: "Trained on", enableSorting: false, cell: ({ row }) => <Links nodes={row.original.training_datasets} /> },
      { id: "outputs", header: "Writes", enableSorting: false, cell: ({ row }) => <Links nodes={row.original.outputs} /> },
      {
        id: "metrics",
        header: "At training",
        enableSorting: false,
        cell: ({ row }) => Object.entries(row.original.training_metrics).map(([name, value]) => `${metricName(name)} ${metricValue(value)}`).join(", ") || "–",
      },
    ],
    [],
  );
  return (
    <DataTable caption="Versions" rows={versions} columns={columns} rowKey={(version) => version.id} sort={[{ id: "version", desc: true }]} empty={<EmptyState title="No version yet" />} />
  );
}
