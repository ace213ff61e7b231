import { Button, SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { Page, Section } from "@/components/Page";
import { EmptyState, ErrorState, LoadingRows } from "@/components/states";
import { IconCircleCheck, IconPlus } from "@/components/icons";
import { useMay } from "@/lib/api/me";
import { plural } from "@/lib/format/text";
import { alertStateInfo } from "@/lib/status";
import { useQueryState } from "@/lib/url/useQueryState";
import { useAlertsQuery, useRulesQuery } from "../api";
import { AlertList } from "../components/AlertList";
import { RuleForm } from "../components/RuleForm";
import { RuleTable } from "../components/RuleTable";
import { alertsCodec, STATES } from "../model";

const CHOICES = STATES.map((state) => ({ value: state, label: state === "all" ? "All" : alertStateInfo(state).word }));

/** Current and past alerts, and the rules behind them. */
export function AlertsPage() {
  const [view, change] = useQueryState(alertsCodec);
  const [making, setMaking] = useState(false);
  const mayChange = useMay("alerts:write");
  return (
    <Page
      title="Alerts"
      lead="Which rules fired, on which model version, and since when."
      actions={
        mayChange && (
          <Button leftSection={<IconPlus size={16} aria-hidden="true" />} onClick={() => { setMaking(true); }}>
            New rule
          </Button>
        )
      }
    >
      <Inbox state={view.state} onState={(state) => { change({ state }, { replace: true }); }} />
      <Rules mayChange={mayChange} />
      {mayChange && <RuleForm opened={making} onClose={() => { setMaking(false); }} />}
    </Page>
  );
}

function Inbox({ state, onState }: { state: (typeof STATES)[number]; onState: (state: (typeof STATES)[number]) => void }) {
  const { currentData, data, error, refetch } = useAlertsQuery({ state: state === "all" ? null : state });
  const shown = currentData ?? data;
  return (
    <Section
      title="Raised alerts"
      flush
      hint={shown ? `${shown.next_cursor ? "the first " : ""}${plural(shown.items.length, "alert")}` : undefined}
      actions={<SegmentedControl size="xs" aria-label="State" value={state} data={CHOICES} onChange={(value) => { onState(STATES.find((known) => known === value) ?? "all"); }} />}
    >
      {error && !shown ? <ErrorState error={error} retry={refetch} /> : null}
      {!error && !shown ? <LoadingRows label="Loading alerts" /> : null}
      {shown?.items.length === 0 && (
        <EmptyState title={state === "all" ? "No alert has fired yet" : `No ${state} alerts`} icon={<IconCircleCheck size={28} stroke={1.5} />}>
          {state === "all" ? "Alerts appear when a closed window breaches a rule below." : "Choose All to see alerts in other states."}
        </EmptyState>
      )}
      {shown && <AlertList alerts={shown.items} />}
    </Section>
  );
}

function Rules({ mayChange }: { mayChange: boolean }) {
  const { data, error, refetch } = useRulesQuery(undefined);
  return (
    <Section title="Rules" flush hint={data ? `${data.next_cursor ? "the first " : ""}${plural(data.items.length, "rule")}` : undefined}>
      {error && !data ? <ErrorState error={error} retry={refetch} /> : null}
      {!error && !data ? <LoadingRows rows={3} label="Loading rules" /> : null}
      {data && <RuleTable rules={data.items} mayChange={mayChange} />}
    </Section>
  );
}
