import type { ColumnDef } from "@tanstack/react-table";
import { useMemo } from "react";
import { DataTable } from "@/components/DataTable";
import { KindIcon } from "@/components/KindIcon";
import { NodeLabel } from "@/components/NodeLabel";
import { StatusBadge } from "@/components/StatusBadge";
import type { Node, Scene } from "@/lib/api/types";
import { kindInfo } from "@/lib/kinds";
import { statusInfo } from "@/lib/status";
import { adjacency } from "./adjacency";
import { displayName, hopsFrom, layoutGraph, place } from "./scene";
import classes from "./SceneTable.module.css";

interface Row {
  node: Node;
  hops: number | null;
  sources: string[];
  targets: string[];
}

/** Natural order: v2 before v10. */
const byName = new Intl.Collator(undefined, { numeric: true }).compare;

/** The rows of the table: the same scene that the graph draws, node by node. */
export function sceneRows(scene: Scene): Row[] {
  const hops = hopsFrom(scene);
  const { sources, targets } = adjacency(layoutGraph(scene));
  const names = new Map(scene.nodes.map((node) => [node.id, displayName(node)]));
  const named = (ids: readonly string[] | undefined) => (ids ?? []).map((id) => names.get(id) ?? id).sort(byName);
  return scene.nodes
    .map((node) => ({ node, hops: hops.get(node.id) ?? null, sources: named(sources.get(node.id)), targets: named(targets.get(node.id)) }))
    .sort((a, b) => (a.hops ?? 99) - (b.hops ?? 99) || byName(a.node.name, b.node.name));
}

export function hopsText(hops: number | null): string {
  if (hops === null) return "Beside";
  if (hops === 0) return "Focus";
  return `${String(Math.abs(hops))} ${hops < 0 ? "up" : "down"}`;
}

interface Props {
  scene: Scene;
  selected: string | null;
  onSelect: (id: string) => void;
}

/** A scene as a table with exactly the nodes of the graph. */
export function SceneTable({ scene, selected, onSelect }: Props) {
  const rows = useMemo(() => sceneRows(scene), [scene]);
  const columns = useMemo<ColumnDef<Row>[]>(
    () => [
      {
        id: "name",
        header: "Name",
        accessorFn: ({ node }) => displayName(node),
        cell: ({ row: { original } }) => (
          <div className={classes.name}>
            <KindIcon kind={original.node.kind} size={24} />
            <div>
              <button type="button" className={classes.link} data-node-id={original.node.id} data-kind={original.node.kind} data-status={original.node.status ?? ""}>
                <NodeLabel label={displayName(original.node)} name={original.node.name} namespace={original.node.namespace} />
              </button>
              <div className={classes.space}>{place(original.node)}</div>
            </div>
          </div>
        ),
      },
      { id: "kind", header: "Kind", accessorFn: ({ node }) => kindInfo(node.kind).word },
      { id: "hops", header: "Hops", accessorFn: ({ hops }) => hops ?? 99, cell: ({ row }) => hopsText(row.original.hops) },
      {
        id: "status",
        header: "Status",
        accessorFn: ({ node }) => statusInfo(node.status)?.word ?? "",
        cell: ({ row }) => {
          const info = statusInfo(row.original.node.status);
          return info ? <StatusBadge info={info} sign={info.word.startsWith("Alert") ? "alert" : "state"} /> : "–";
        },
      },
      { id: "from", header: "From", enableSorting: false, accessorFn: ({ sources }) => sources.join(", ") || "–" },
      { id: "to", header: "To", enableSorting: false, accessorFn: ({ targets }) => targets.join(", ") || "–" },
    ],
    [],
  );
  return (
    <div className={classes.table} data-testid="scene-table">
      <DataTable caption="Nodes of this scene" rows={rows} columns={columns} rowKey={({ node }) => node.id} selected={selected} onSelect={({ node }) => { onSelect(node.id); }} />
    </div>
  );
}
