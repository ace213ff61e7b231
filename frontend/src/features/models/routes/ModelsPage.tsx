import type { ColumnDef } from "@tanstack/react-table";
import { useMemo } from "react";
import { Link } from "react-router";
import { DataTable } from "@/components/DataTable";
import { KindIcon } from "@/components/KindIcon";
import { Moment } from "@/components/Moment";
import { Page, Section } from "@/components/Page";
import { StatusBadge } from "@/components/StatusBadge";
import { EmptyState, ErrorState, LoadingRows } from "@/components/states";
import type { ModelSummary } from "@/lib/api/types";
import { plural, words } from "@/lib/format/text";
import { paths } from "@/lib/paths";
import { statusInfo } from "@/lib/status";
import { useModelsQuery } from "../api";
import classes from "../components/ModelPage.module.css";

const NUMERIC = { numeric: true };

function Name({ model }: { model: ModelSummary }) {
  return (
    <div className={classes.model}>
      <KindIcon kind="MLModel" size={26} />
      <div>
        <Link to={paths.model(model.id)}>{model.name}</Link>
        <div className={classes.quiet}>{model.namespace}</div>
      </div>
    </div>
  );
}

/** All models and their status. */
export function ModelsPage() {
  const { data, error, refetch } = useModelsQuery(undefined);
  const columns = useMemo<ColumnDef<ModelSummary>[]>(
    () => [
      { id: "name", header: "Model", accessorKey: "name", cell: ({ row: { original } }) => <Name model={original} /> },
      { id: "task", header: "Task", accessorFn: ({ task }) => (task ? words(task) : "–") },
      {
        id: "status",
        header: "Status",
        accessorFn: ({ status }) => statusInfo(status)?.word ?? "",
        cell: ({ row }) => {
          const info = statusInfo(row.original.status);
          return info ? <StatusBadge info={info} sign="alert" /> : "–";
        },
      },
      { id: "deployed", header: "Deployed", accessorFn: ({ deployed_version: v }) => (v ? `v${v}` : "–") },
      { id: "versions", header: "Versions", accessorKey: "versions", meta: NUMERIC },
      { id: "seen", header: "Last seen", accessorKey: "last_seen", cell: ({ row }) => <Moment at={row.original.last_seen} look="ago" /> },
    ],
    [],
  );
  return (
    <Page title="Models" lead="What was trained, what is deployed, and how well it performs now.">
      <Section title="All models" flush hint={data ? `${data.next_cursor ? "the first " : ""}${plural(data.items.length, "model")}` : undefined}>
        {error && !data ? <ErrorState error={error} retry={refetch} /> : null}
        {!error && !data ? <LoadingRows /> : null}
        {data && (
          <DataTable
            caption="Models"
            rows={data.items}
            columns={columns}
            rowKey={(model) => model.id}
            empty={<EmptyState title="No model yet">A model appears with its first event: POST one to <code>/api/v1/models/events</code>.</EmptyState>}
          />
        )}
      </Section>
    </Page>
  );
}
