import { KindIcon } from "@/components/KindIcon";
import { NodeLabel } from "@/components/NodeLabel";
import { EmptyState, ErrorState, LoadingRows } from "@/components/states";
import { IconBrandStackshare } from "@/components/icons";
import { useRunsQuery } from "../api";
import { latestByJob } from "../model";
import classes from "./NoFocus.module.css";

/** The lineage page before a node is chosen: instructions, and the most recent jobs to start from. */
export function NoFocus({ onPick }: { onPick: (id: string) => void }) {
  const { data, error, refetch } = useRunsQuery({ limit: 50 });
  return (
    <div className={classes.page}>
      <title>Lineage · Headwater</title>
      <h1 className="visually-hidden">Lineage</h1>
      <EmptyState title="Choose a node" icon={<IconBrandStackshare size={32} stroke={1.5} />}>
        Search for a dataset, a job or a model in the box above: its sources appear on the left, everything derived from it on the right.
      </EmptyState>
      {error && !data ? <ErrorState error={error} retry={refetch} /> : null}
      {!error && !data ? <LoadingRows rows={4} /> : null}
      {data && data.items.length > 0 && (
        <div className={classes.recent}>
          <h2 className={classes.heading}>Or start with a recent job</h2>
          <ul>
            {latestByJob(data.items, 6).map((job) => (
              <li key={job.job_id}>
                <button type="button" onClick={() => { onPick(job.job_id); }}>
                  <KindIcon kind="ETLProcess" size={26} />
                  <span>
                    <NodeLabel label={job.label} name={job.name} namespace={job.namespace} />
                    <small>{job.namespace}</small>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}
