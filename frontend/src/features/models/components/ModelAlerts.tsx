import { Link } from "react-router";
import { Moment } from "@/components/Moment";
import { StatusBadge } from "@/components/StatusBadge";
import { metricName, metricValue } from "@/lib/format/number";
import { paths } from "@/lib/paths";
import { alertStateInfo, severityInfo } from "@/lib/status";
import { useModelAlertsQuery } from "../api";
import classes from "./ModelPage.module.css";

/** The alerts of this model that are not resolved. Nothing is shown when there are none. */
export function ModelAlerts({ model }: { model: string }) {
  const { data } = useModelAlertsQuery(model);
  const open = data?.items.filter((alert) => alert.model_id === model && alert.state !== "resolved") ?? [];
  return (
    <>
      {open.map((alert) => (
        <div key={alert.id} className={classes.alert} data-testid="model-alert" data-state={alert.state} data-severity={alert.severity}>
          <StatusBadge info={alertStateInfo(alert.state)} sign="alert" />
          <span className={classes.alertText}>
            <strong>{alert.rule_name}</strong> on v{alert.version}: {metricName(alert.metric)}{alert.source === "reported" && " (reported)"} is {metricValue(alert.value)}, {alert.comparison}{" "}
            {metricValue(alert.threshold)}
          </span>
          <span className={classes.quiet}>
            {severityInfo(alert.severity).word}, since <Moment at={alert.since} />
          </span>
          <Link to={paths.alerts(alert.state)}>Open alert</Link>
        </div>
      ))}
    </>
  );
}
