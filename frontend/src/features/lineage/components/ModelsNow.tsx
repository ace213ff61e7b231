import { Link } from "react-router";
import { KindIcon } from "@/components/KindIcon";
import { Moment } from "@/components/Moment";
import { Section } from "@/components/Page";
import { StatusBadge } from "@/components/StatusBadge";
import { EmptyState, ErrorState, LoadingRows } from "@/components/states";
import { paths } from "@/lib/paths";
import { statusInfo } from "@/lib/status";
import { useHomeModelsQuery } from "../api";
import classes from "./Home.module.css";

/** The models and their status. */
export function ModelsNow() {
  const { data, error, refetch } = useHomeModelsQuery(undefined);
  return (
    <Section title="Models" flush actions={<Link to={paths.models}>All models</Link>}>
      {error && !data ? <ErrorState error={error} retry={refetch} /> : null}
      {!error && !data ? <LoadingRows rows={3} /> : null}
      {data?.items.length === 0 && <EmptyState look="panel" title="No model is registered">A model appears with its first event or training run.</EmptyState>}
      <ul className={classes.rows}>
        {data?.items.map((model) => {
          const info = statusInfo(model.status);
          return (
            <li key={model.id} data-model-id={model.id} data-status={model.status ?? ""}>
              <KindIcon kind="MLModel" size={26} />
              <span className={classes.who}>
                <Link to={paths.model(model.id)}>{model.name}</Link>
                <small>{model.deployed_version ? `version ${model.deployed_version} deployed` : model.namespace}</small>
              </span>
              {info && <StatusBadge info={info} sign="alert" />}
              <span className={classes.when}>
                <Moment at={model.last_seen} look="ago" />
              </span>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
