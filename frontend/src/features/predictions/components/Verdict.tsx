import { Link } from "react-router";
import { FacetTree } from "@/components/FacetTree";
import { Moment } from "@/components/Moment";
import { Section } from "@/components/Page";
import { NodeLabel } from "@/components/NodeLabel";
import { StatusBadge } from "@/components/StatusBadge";
import { EmptyState } from "@/components/states";
import type { PredictionDetail } from "@/lib/api/types";
import { metricValue } from "@/lib/format/number";
import { words } from "@/lib/format/text";
import { paths } from "@/lib/paths";
import { remainder, scores, verdict } from "../model";
import classes from "./Prediction.module.css";

/** The prediction itself. */
export function Verdict({ prediction: p }: { prediction: PredictionDetail }) {
  const said = verdict(p.prediction);
  const rest = remainder(p.prediction);
  return (
    <Section title="Prediction">
      {said && (
        <div className={classes.said} data-testid="verdict">
          {said}
        </div>
      )}
      <ul className={classes.scores} aria-label="Scores by class">
        {scores(p.prediction).map(({ name, score }) => (
          <li key={name}>
            <span>{name}</span>
            <progress max={1} value={Math.max(0, Math.min(1, score))} aria-label={`Score of ${name}`} />
            <strong>{metricValue(score)}</strong>
          </li>
        ))}
      </ul>
      {Object.keys(rest).length > 0 && <FacetTree value={rest} />}
      <dl className={classes.facts}>
        <Fact name="Made">
          <Moment at={p.event_time} />
        </Fact>
        <Fact name="Model">
          <Link to={paths.model(p.model_id)}>{p.model_name}</Link>, <Link to={paths.lineage(p.version_id, p.event_time)}>v{p.version}</Link>
        </Fact>
        <Fact name="Written to">{p.output ? <Link to={paths.lineage(p.output.id, p.event_time)}><NodeLabel label={p.output.label} name={p.output.name} namespace={p.output.namespace} /></Link> : "–"}</Fact>
        {p.run_id && (
          <Fact name="Run">
            <code>{p.run_id}</code>
          </Fact>
        )}
        {p.weight !== 1 && <Fact name="Weight">{p.weight}</Fact>}
      </dl>
    </Section>
  );
}

/** All labels, newest first, including corrections and retractions. */
export function Labels({ prediction: p }: { prediction: PredictionDetail }) {
  const said = verdict(p.prediction);
  const labels = p.labels.toSorted((a, b) => Date.parse(b.event_time) - Date.parse(a.event_time));
  return (
    <Section title="Labels" hint={labels.length > 1 ? "The latest counts" : undefined}>
      {labels.length === 0 && (
        <EmptyState look="panel" title="No label yet">A label may arrive at any time; metrics then include this prediction.</EmptyState>
      )}
      <ol className={classes.labels}>
        {labels.map(({ event_time: at, label }, i) => {
          const truth = verdict(label);
          return (
            <li key={`${at}${String(i)}`} data-current={i === 0}>
              <span>{label === null ? <em>retracted</em> : (truth ?? <FacetTree value={label} />)}</span>
              {i === 0 && truth !== null && said !== null && p.prediction["task"] !== "regression" && (
                <StatusBadge info={truth === said ? { word: "As predicted", tone: "good" } : { word: "Not as predicted", tone: "bad" }} />
              )}
              <span className={classes.quiet}>
                <Moment at={at} />
              </span>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

/** The model's inputs, as far as the producer sent them. */
export function Inputs({ prediction: p }: { prediction: PredictionDetail }) {
  const rows = [
    ...Object.entries(p.slices).map(([name, value]) => ({ name, value: value as unknown, slice: true })),
    ...Object.entries(p.features).map(([name, value]) => ({ name, value, slice: false })),
  ];
  return (
    <Section title="Slices and features">
      {rows.length === 0 && <EmptyState look="panel" title="None were sent">A producer may send slices and declared features with a prediction.</EmptyState>}
      <dl className={classes.facts}>
        {rows.map(({ name, value, slice }) => (
          <Fact key={`${name}${String(slice)}`} name={words(name)} note={slice ? "slice" : undefined}>
            {typeof value === "number" ? String(value) : <FacetTree value={value} />}
          </Fact>
        ))}
      </dl>
    </Section>
  );
}

function Fact({ name, note, children }: { name: string; note?: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>
        {name} {note && <span className={classes.note}>{note}</span>}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}
