import type { ColumnDef } from "@tanstack/react-table";
import { useMemo } from "react";
import { DataTable } from "@/components/DataTable";
import { Moment } from "@/components/Moment";
import { StatusBadge } from "@/components/StatusBadge";
import type { MetricPoint, MetricThreshold } from "@/lib/api/types";
import { metricValue, percent, reasonText } from "@/lib/format/number";
import { breaches, latest, type VersionSeries } from "../model";

interface Row {
  version: string;
  point: MetricPoint;
  breached: boolean;
}

interface Props {
  groups: readonly VersionSeries[];
  thresholds: readonly MetricThreshold[];
}

const NUMERIC = { numeric: true };

/** The newest value of one metric for each version, newest version first. */
export function LatestValues({ groups, thresholds }: Props) {
  const rows = useMemo(
    () =>
      groups.toReversed().flatMap((group): Row[] => {
        const point = latest(group.points);
        return point ? [{ version: group.version, point, breached: thresholds.some((rule) => breaches(point.value, rule)) }] : [];
      }),
    [groups, thresholds],
  );
  const columns = useMemo<ColumnDef<Row>[]>(
    () => [
      { id: "version", header: "Version", accessorKey: "version", cell: ({ row }) => <strong>v{row.original.version}</strong> },
      {
        id: "value",
        header: "Latest value",
        meta: NUMERIC,
        accessorFn: ({ point }) => point.value,
        cell: ({ row: { original } }) => (original.point.value === null ? reasonText(original.point.reason) : <strong>{metricValue(original.point.value)}</strong>),
      },
      { id: "interval", header: "95 % interval", meta: NUMERIC, enableSorting: false, accessorFn: ({ point }) => (point.interval ? `${metricValue(point.interval[0])} – ${metricValue(point.interval[1])}` : "–") },
      {
        id: "judged",
        header: "Threshold",
        accessorFn: ({ breached }) => breached,
        cell: ({ row }) =>
          thresholds.length === 0 ? "No rule" : <StatusBadge info={row.original.breached ? { word: "Breached", tone: "bad" } : { word: "Met", tone: "good" }} />,
      },
      { id: "n", header: "Predictions", meta: NUMERIC, accessorFn: ({ point }) => point.n, cell: ({ row }) => row.original.point.n.toLocaleString() },
      { id: "labelled", header: "Labelled", meta: NUMERIC, accessorFn: ({ point }) => point.labelled / Math.max(1, point.n), cell: ({ row: { original } }) => `${original.point.labelled.toLocaleString()} (${percent(original.point.labelled, original.point.n)})` },
      { id: "window", header: "Window", accessorFn: ({ point }) => point.window_start, cell: ({ row }) => <Moment at={row.original.point.window_start} look="day" /> },
    ],
    [thresholds],
  );
  return <DataTable caption="Latest values by version" rows={rows} columns={columns} rowKey={(row) => row.version} />;
}
