import { Link } from "react-router";
import { FacetTree } from "@/components/FacetTree";
import { Moment } from "@/components/Moment";
import { NodeLabel } from "@/components/NodeLabel";
import { StatusBadge } from "@/components/StatusBadge";
import type { NodeDetail } from "@/lib/api/types";
import { duration } from "@/lib/format/time";
import { words } from "@/lib/format/text";
import { paths } from "@/lib/paths";
import { statusInfo } from "@/lib/status";
import { ColumnList } from "./ColumnList";
import classes from "./NodePanel.module.css";

/** The parts of a node's details; parts without content are omitted. */
export function NodeFacts({ node }: { node: NodeDetail }) {
  return (
    <>
      <dl className={classes.facts}>
        <Fact name="Owners">{node.owners.length > 0 ? node.owners.join(", ") : null}</Fact>
        {Object.entries(node.summary)
          .filter(([key, value]) => !key.endsWith("_id") && (typeof value === "string" || typeof value === "number"))
          .map(([key, value]) => (
            <Fact key={key} name={words(key)}>
              {/^[A-Z_]{4,}$/.test(String(value)) ? words(String(value)) : String(value)}
            </Fact>
          ))}
        <Fact name="First seen">{node.first_seen && <Moment at={node.first_seen} />}</Fact>
        <Fact name="Last seen">{node.last_seen && <Moment at={node.last_seen} look="ago" />}</Fact>
      </dl>
      {node.columns.length > 0 && <ColumnList columns={node.columns} />}
      {node.versions.length > 0 && (
        <Part title={`Versions (${String(node.versions.length)})`} open>
          <ul className={classes.list}>
            {node.versions.map((version) => (
              <li key={version.id}>
                <Link to={paths.lineage(version.id)}><NodeLabel label={version.label} name={version.name} namespace={version.namespace} /></Link>
              </li>
            ))}
          </ul>
        </Part>
      )}
      {node.runs.length > 0 && (
        <Part title={`Runs (${String(node.runs.length)})`} open>
          <ul className={classes.list}>
            {node.runs.slice(0, 10).map((run) => {
              const info = statusInfo(run.state);
              return (
                <li key={run.id} className={classes.run} data-run-id={run.run_id} data-state={run.state} title={`Run ${run.run_id}`}>
                  {info && <StatusBadge info={info} look="plain" />}
                  <Moment at={run.started_at ?? run.ended_at} look="ago" />
                  <span className={classes.quiet}>{run.conflict ? "conflicting reports" : duration(run.started_at, run.ended_at)}</span>
                </li>
              );
            })}
          </ul>
        </Part>
      )}
      {Object.entries(node.facets).map(([name, facet]) => (
        <Part key={name} title={words(name)}>
          <FacetTree value={facet} />
        </Part>
      ))}
    </>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  if (children === null || children === undefined || children === "") return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Part({ title, open, children }: { title: string; open?: boolean; children: React.ReactNode }) {
  return (
    <details className={classes.part} open={open}>
      <summary>{title}</summary>
      <div className={classes.partBody}>{children}</div>
    </details>
  );
}
