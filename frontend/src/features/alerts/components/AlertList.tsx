import { Link } from "react-router";
import { Moment } from "@/components/Moment";
import { StatusBadge } from "@/components/StatusBadge";
import type { Alert } from "@/lib/api/types";
import { metricValue } from "@/lib/format/number";
import { plural } from "@/lib/format/text";
import { paths } from "@/lib/paths";
import { alertStateInfo } from "@/lib/status";
import { byUrgency, judgedName, shownSeverity, waitingText } from "../model";
import classes from "./Alerts.module.css";

/** Alerts, the most urgent first, each with its history. */
export function AlertList({ alerts }: { alerts: readonly Alert[] }) {
  return (
    <ul className={classes.list}>
      {byUrgency(alerts).map((alert) => (
        <li key={alert.id} className={classes.alert} data-testid="alert" data-alert-id={alert.id} data-state={alert.state} data-severity={alert.severity}>
          <div className={classes.top}>
            <span className={classes.state}>
              <StatusBadge info={alertStateInfo(alert.state)} sign="alert" />
            </span>
            <div className={classes.what}>
              <div className={classes.name}>{alert.rule_name}</div>
              <div>
                <Link to={paths.model(alert.model_id, alert.metric)}>
                  {alert.model_name} v{alert.version}
                </Link>
                : {judgedName(alert)} <strong>{metricValue(alert.value)}</strong>
                <span className={classes.quiet}>
                  {" "}
                  on {plural(alert.rows, "row")}, fires {alert.comparison} {metricValue(alert.threshold)}
                </span>
              </div>
              {alert.waiting.map((window) => (
                <div key={window.window_end} className={classes.quiet} data-testid="alert-waits">
                  <Moment at={window.window_start} look="day" />: {waitingText(window, alert.min_rows)}
                </div>
              ))}
            </div>
            <dl className={classes.facts}>
              <div>
                <dt>Severity</dt>
                <dd>
                  <StatusBadge info={shownSeverity(alert)} sign="alert" look="plain" />
                </dd>
              </div>
              <div>
                <dt>Since</dt>
                <dd>
                  <Moment at={alert.since} />
                </dd>
              </div>
              <div>
                <dt>Closed window</dt>
                <dd>
                  <Moment at={alert.window_start} look="day" />
                </dd>
              </div>
            </dl>
          </div>
          <div className={classes.below}>
            {alert.history.length > 0 && <History alert={alert} />}
            <Link to={paths.lineage(alert.model_id)}>Show lineage</Link>
          </div>
        </li>
      ))}
    </ul>
  );
}

function History({ alert }: { alert: Alert }) {
  return (
    <details className={classes.history}>
      <summary>
        History, {plural(alert.changes, "change")}
        {alert.changes > alert.history.length && `, the newest ${String(alert.history.length)} shown`}
      </summary>
      <ol>
        {alert.history.map((change, i) => (
          <li key={`${change.at}${String(i)}`}>
            <StatusBadge info={alertStateInfo(change.state)} sign="alert" look="plain" />
            <Moment at={change.at} />
            <span>
              {judgedName(alert)} {metricValue(change.value)} on {plural(change.rows, "row")}
            </span>
            <span className={classes.quiet}>
              window of <Moment at={change.window_start} look="day" />
              {change.mark === "taken_back" && ", withdrawn by a revision"}
              {change.mark === "correction" && ", by a revision"}
            </span>
          </li>
        ))}
      </ol>
    </details>
  );
}
