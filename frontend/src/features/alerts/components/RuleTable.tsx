import { ActionIcon, Button, Group, Modal, Tooltip } from "@mantine/core";
import type { ColumnDef } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { Link } from "react-router";
import { DataTable } from "@/components/DataTable";
import { Moment } from "@/components/Moment";
import { StatusBadge } from "@/components/StatusBadge";
import { EmptyState, ErrorState } from "@/components/states";
import { IconTrash } from "@/components/icons";
import type { Rule, RuleVersion } from "@/lib/api/types";
import { metricValue } from "@/lib/format/number";
import { plural } from "@/lib/format/text";
import { paths } from "@/lib/paths";
import { severityInfo } from "@/lib/status";
import { useRemoveRuleMutation } from "../api";
import { judgedName, waitingText } from "../model";
import classes from "./Alerts.module.css";

/** The alert rules. With permission to change them, each can be removed after confirmation. */
export function RuleTable({ rules, mayChange }: { rules: readonly Rule[]; mayChange: boolean }) {
  const [asked, setAsked] = useState<Rule | null>(null);
  const columns = useMemo<ColumnDef<Rule>[]>(
    () => [
      { id: "name", header: "Rule", accessorKey: "name", cell: ({ row }) => <strong>{row.original.name}</strong> },
      { id: "model", header: "Model", accessorKey: "model_name", cell: ({ row: { original } }) => <Link to={paths.model(original.model_id, original.metric)}>{original.model_name}</Link> },
      { id: "condition", header: "Fires when", enableSorting: false, cell: ({ row: { original } }) => `${judgedName(original)} ${original.comparison} ${metricValue(original.threshold)}` },
      { id: "for", header: "For", accessorKey: "for_windows", cell: ({ row }) => plural(row.original.for_windows, "window") },
      { id: "severity", header: "Severity", accessorKey: "severity", cell: ({ row }) => <StatusBadge info={severityInfo(row.original.severity)} sign="alert" look="plain" /> },
      { id: "judges", header: "Evaluated windows", enableSorting: false, cell: ({ row }) => <Judged rule={row.original} /> },
      ...(mayChange
        ? [
            {
              id: "remove",
              header: () => <span className="visually-hidden">Remove</span>,
              enableSorting: false,
              meta: { numeric: true },
              cell: ({ row }) => (
                <Tooltip label="Remove rule">
                  <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${row.original.name}`} onClick={() => { setAsked(row.original); }}>
                    <IconTrash size={16} />
                  </ActionIcon>
                </Tooltip>
              ),
            } satisfies ColumnDef<Rule>,
          ]
        : []),
    ],
    [mayChange],
  );
  return (
    <>
      <DataTable caption="Alert rules" rows={rules} columns={columns} rowKey={(rule) => rule.id} empty={<EmptyState title="No rule yet">A rule evaluates one metric of one model on closed windows, and fires when the metric crosses a threshold.</EmptyState>} />
      <RemoveQuestion key={asked?.id} rule={asked} onDone={() => { setAsked(null); }} />
    </>
  );
}

/** The newest windows by version: the one evaluated, and why newer ones were not. */
function Judged({ rule }: { rule: Rule }) {
  if (rule.watched.length === 0) return <span className={classes.quiet}>no value of {judgedName(rule)} yet</span>;
  return (
    <ul className={classes.judged} data-testid="rule-judges">
      {rule.watched.map((version) => (
        <Version key={version.version} version={version} minRows={rule.min_rows} />
      ))}
      {rule.more_versions > 0 && <li className={classes.quiet}>{plural(rule.more_versions, "older version")} not shown</li>}
    </ul>
  );
}

function Version({ version: { version, judged, waiting }, minRows }: { version: RuleVersion; minRows: number }) {
  return (
    <li>
      v{version}:{" "}
      {judged ? (
        <>
          {metricValue(judged.value)} on {plural(judged.rows, "row")}, closed window of <Moment at={judged.window_start} look="day" />
        </>
      ) : (
        "no window evaluated yet"
      )}
      {waiting.map((window) => (
        <div key={window.window_end} className={classes.quiet}>
          <Moment at={window.window_start} look="day" />: {waitingText(window, minRows)}
        </div>
      ))}
    </li>
  );
}

function RemoveQuestion({ rule, onDone }: { rule: Rule | null; onDone: () => void }) {
  const [remove, { isLoading, error }] = useRemoveRuleMutation();
  const go = async () => {
    if (!rule) return;
    const answer = await remove(rule.id);
    if (!answer.error) onDone();
  };
  return (
    <Modal opened={rule !== null} onClose={onDone} title="Remove this rule?" centered>
      <p>
        “{rule?.name}” is removed at once, and its alerts disappear from the list. Metric values are kept.
      </p>
      {error && <ErrorState error={error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onDone}>
          Keep
        </Button>
        <Button color="red" loading={isLoading} onClick={() => void go()}>
          Remove
        </Button>
      </Group>
    </Modal>
  );
}
