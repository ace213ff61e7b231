import { Button } from "@mantine/core";
import { Link, useParams } from "react-router";
import { Page, Section } from "@/components/Page";
import { StatusBadge } from "@/components/StatusBadge";
import { ErrorState, LoadingRows } from "@/components/states";
import { IconBrandStackshare } from "@/components/icons";
import type { ModelDetail } from "@/lib/api/types";
import { plural, words } from "@/lib/format/text";
import { paths } from "@/lib/paths";
import { statusInfo } from "@/lib/status";
import { useQueryState } from "@/lib/url/useQueryState";
import { useModelQuery } from "../api";
import { ModelAlerts } from "../components/ModelAlerts";
import classes from "../components/ModelPage.module.css";
import { Performance } from "../components/Performance";
import { VersionTable } from "../components/VersionTable";
import { modelCodec } from "../model";

/** One model: its alerts, its performance over time, its versions. */
export function ModelPage() {
  const { id = "" } = useParams();
  const [view, change] = useQueryState(modelCodec);
  const { currentData: model, error, refetch } = useModelQuery(id);
  if (error && !model) return <Page title="Model"><ErrorState error={error} retry={refetch} /></Page>;
  if (!model) return <Page title="Model"><LoadingRows rows={10} label="Loading the model" /></Page>;
  return (
    <Page title={model.name} eyebrow={<><Link to={paths.models}>Models</Link> / {model.namespace}</>} lead={<Lead model={model} />} actions={<Actions model={model} />}>
      <ModelAlerts model={model.id} />
      <Performance model={model} wanted={view.metric} onMetric={(metric) => { change({ metric }, { replace: true }); }} />
      <Section title="Versions" flush hint={plural(model.version_list.length, "version")}>
        <VersionTable versions={model.version_list} />
      </Section>
    </Page>
  );
}

function Lead({ model }: { model: ModelDetail }) {
  const status = statusInfo(model.status);
  return (
    <>
      {model.description && <div>{model.description}</div>}
      <div className={classes.meta} data-testid="model-status" data-status={model.status ?? ""}>
        {status && <StatusBadge info={status} sign="alert" />}
        {model.task && <span>{words(model.task)}</span>}
        {model.deployed_version && <span>v{model.deployed_version} deployed</span>}
        {model.label_set && <span>Classes: {model.label_set.join(", ")}</span>}
      </div>
    </>
  );
}

function Actions({ model }: { model: ModelDetail }) {
  return (
    <>
      <Button variant="default" component={Link} to={paths.predictions(model.id)}>
        Look up a prediction
      </Button>
      <Button component={Link} to={paths.lineage(model.id)} leftSection={<IconBrandStackshare size={16} aria-hidden="true" />}>
        Show lineage
      </Button>
    </>
  );
}
