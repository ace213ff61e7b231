import { Link } from "react-router";
import { Moment } from "@/components/Moment";
import { Section } from "@/components/Page";
import { StatusBadge } from "@/components/StatusBadge";
import { EmptyState, ErrorState, LoadingRows } from "@/components/states";
import { IconCircleCheck } from "@/components/icons";
import { metricName, metricValue } from "@/lib/format/number";
import { plural } from "@/lib/format/text";
import { paths } from "@/lib/paths";
import { severityInfo } from "@/lib/status";
import { useHomeAlertsQuery, useRuleCountQuery } from "../api";
import classes from "./Home.module.css";

/** The alerts that are firing now. Without any, it shows the number of rules, since without rules nothing can fire. */
export function AlertsNow() {
  const { data, error, refetch } = useHomeAlertsQuery(undefined);
  return (
    <Section title="Firing alerts" flush actions={<Link to={paths.alerts()}>All alerts</Link>}>
      {error && !data ? <ErrorState error={error} retry={refetch} /> : null}
      {!error && !data ? <LoadingRows rows={3} /> : null}
      {data?.items.length === 0 && <NoneFiring />}
      <ul className={classes.rows}>
        {data?.items.map((alert) => (
          <li key={alert.id} data-alert-id={alert.id} data-state={alert.state}>
            <StatusBadge info={severityInfo(alert.severity)} sign="alert" />
            <span className={classes.who}>
              <Link to={paths.model(alert.model_id, alert.metric)}>
                {alert.model_name} v{alert.version}
              </Link>
              <small>
                {metricName(alert.metric)}{alert.source === "reported" && " (reported)"} {metricValue(alert.value)}, {alert.comparison} {metricValue(alert.threshold)}
              </small>
            </span>
            <span className={classes.when}>
              <Moment at={alert.since} look="ago" />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function NoneFiring() {
  const { data: rules } = useRuleCountQuery(undefined);
  if (rules?.items.length === 0) {
    return <EmptyState look="panel" title="No alert rule exists">Without a rule no alert can fire.</EmptyState>;
  }
  return (
    <EmptyState look="panel" title="No alert is firing" icon={<IconCircleCheck size={24} stroke={1.5} />}>
      {rules && `${rules.next_cursor ? "More than " : ""}${plural(rules.items.length, "rule")} ${rules.items.length === 1 ? "is" : "are"} set.`}
    </EmptyState>
  );
}
