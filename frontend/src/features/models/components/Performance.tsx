import { Select } from "@mantine/core";
import { useMemo } from "react";
import { Section } from "@/components/Page";
import { EmptyState, ErrorState, LoadingRows } from "@/components/states";
import type { ModelDetail } from "@/lib/api/types";
import { metricName, percent } from "@/lib/format/number";
import { useModelMetricsQuery } from "../api";
import { byVersion, chosenMetric, coverage, thresholdsOf } from "../model";
import { LatestValues } from "./LatestValues";
import { MetricChart } from "./MetricChart";

interface Props {
  model: ModelDetail;
  wanted: string | null;
  onMetric: (metric: string) => void;
}

/** The performance of the model: one metric over time and by version. */
export function Performance({ model, wanted, onMetric }: Props) {
  const { data, error, refetch } = useModelMetricsQuery({ id: model.id, metric: wanted });
  const metric = data ? chosenMetric(data, wanted) : wanted;
  const groups = useMemo(() => (data && metric ? byVersion(data.points, metric) : []), [data, metric]);
  const thresholds = useMemo(() => (data && metric ? thresholdsOf(data, metric) : []), [data, metric]);
  if (error && !data) return <Section title="Performance"><ErrorState error={error} retry={refetch} /></Section>;
  if (!data) return <Section title="Performance"><LoadingRows rows={8} label="Loading metrics" /></Section>;
  if (!metric || groups.length === 0) {
    return (
      <Section title="Performance">
        <EmptyState title={metric ? `No values of ${metricName(metric)} yet` : "Nothing measured yet"}>
          Send predictions to <code>/api/v1/predictions</code> and labels to <code>/api/v1/labels</code>, in any order: metrics appear once they are joined.
        </EmptyState>
      </Section>
    );
  }
  const seen = coverage(groups);
  const selector = (
    <Select size="xs" w={180} aria-label="Metric" allowDeselect={false} value={metric} data={data.metrics.map((value) => ({ value, label: metricName(value) }))} onChange={(value) => { if (value) onMetric(value); }} />
  );
  return (
    <>
      <Section title="Performance" hint={`${seen.labelled.toLocaleString()} of ${seen.n.toLocaleString()} predictions labelled, ${percent(seen.labelled, seen.n)}`} actions={selector}>
        <MetricChart metric={metric} groups={groups} thresholds={thresholds} versions={model.version_list} />
      </Section>
      <Section title={`Latest ${metricName(metric)} by version`} flush>
        <LatestValues groups={groups} thresholds={thresholds} />
      </Section>
    </>
  );
}
