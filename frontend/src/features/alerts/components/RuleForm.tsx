import { Button, Group, Modal, NumberInput, Select, Stack, TextInput } from "@mantine/core";
import { skipToken } from "@reduxjs/toolkit/query/react";
import { useState, type FormEvent } from "react";
import { ErrorState } from "@/components/states";
import { metricName } from "@/lib/format/number";
import { useAddRuleMutation, useRuleMetricsQuery, useRuleModelsQuery } from "../api";
import { EMPTY_RULE, ruleErrors, SOURCES, toRule, type RuleDraft } from "../model";
import classes from "./Alerts.module.css";

const KNOWN_METRICS = ["accuracy", "precision", "recall", "f1", "rmse", "mae", "r2"];
const COMPARISONS = [
  { value: "below", label: "falls below" },
  { value: "above", label: "rises above" },
];
const SEVERITIES = [
  { value: "info", label: "Info" },
  { value: "warning", label: "Warning" },
  { value: "critical", label: "Critical" },
];

/** Creates a rule. Errors are shown after the first attempt to submit. */
export function RuleForm({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [draft, setDraft] = useState<RuleDraft>(EMPTY_RULE);
  const [tried, setTried] = useState(false);
  const { data: models } = useRuleModelsQuery(undefined, { skip: !opened });
  const { data: series } = useRuleMetricsQuery(draft.model ?? skipToken);
  const [add, { isLoading, error, reset }] = useAddRuleMutation();
  const set = (part: Partial<RuleDraft>) => { setDraft({ ...draft, ...part }); };
  const errors = tried ? ruleErrors(draft) : {};
  const computed = series && series.metrics.length > 0 ? series.metrics : KNOWN_METRICS;
  const metrics = draft.source === "reported" ? (series?.reported ?? []) : computed;

  const close = () => {
    setDraft(EMPTY_RULE);
    setTried(false);
    reset();
    onClose();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const rule = toRule(draft, models?.items ?? []);
    if (rule && !(await add(rule)).error) close();
  };

  return (
    <Modal opened={opened} onClose={close} title="New alert rule" size="lg">
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Stack>
          <TextInput label="Name" required data-autofocus placeholder="Churn accuracy" value={draft.name} error={errors.name} onChange={(event) => { set({ name: event.currentTarget.value }); }} />
          <div className={classes.fields}>
            <Select label="Model" required searchable value={draft.model} error={errors.model} data={(models?.items ?? []).map((m) => ({ value: m.id, label: m.name }))} onChange={(model) => { set({ model, metric: "" }); }} />
            <Select label="Values" required allowDeselect={false} value={draft.source} data={SOURCES} onChange={(source) => { set({ source: source === "reported" ? source : "computed", metric: "" }); }} />
            <Select label="Metric" required value={draft.metric || null} error={errors.metric} data={metrics.map((value) => ({ value, label: metricName(value) }))} onChange={(metric) => { set({ metric: metric ?? "" }); }} />
            <Select label="Fires when it" required allowDeselect={false} value={draft.comparison} data={COMPARISONS} onChange={(comparison) => { set({ comparison: comparison ?? "below" }); }} />
            <NumberInput label="Threshold" required decimalScale={6} step={0.01} value={draft.threshold} error={errors.threshold} onChange={(value) => { set({ threshold: typeof value === "number" ? value : "" }); }} />
            <NumberInput label="For consecutive windows" required min={1} max={100} allowDecimal={false} value={draft.forWindows} error={errors.forWindows} onChange={(value) => { set({ forWindows: typeof value === "number" ? value : "" }); }} />
            <NumberInput label="Minimum rows in a window" required min={0} allowDecimal={false} value={draft.minRows} error={errors.minRows} onChange={(value) => { set({ minRows: typeof value === "number" ? value : "" }); }} />
            <Select label="Severity" required allowDeselect={false} value={draft.severity} data={SEVERITIES} onChange={(severity) => { set({ severity: severity ?? "warning" }); }} />
          </div>
          {error && <ErrorState error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={isLoading}>
              Create rule
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
