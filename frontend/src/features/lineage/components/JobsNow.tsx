import { Link } from "react-router";
import { KindIcon } from "@/components/KindIcon";
import { Moment } from "@/components/Moment";
import { Section } from "@/components/Page";
import { StatusBadge } from "@/components/StatusBadge";
import { EmptyState, ErrorState, LoadingRows } from "@/components/states";
import { paths } from "@/lib/paths";
import { statusInfo } from "@/lib/status";
import { useRunsQuery } from "../api";
import { latestByJob } from "../model";
import classes from "./Home.module.css";

/** The latest run of each job, all of them or those in one state. */
export function JobsNow({ title, state }: { title: string; state?: string }) {
  // Whether a job fails *now* is told by its last run, so the failing ones are picked from the recent runs.
  const { data, error, refetch } = useRunsQuery({ limit: 100 });
  const jobs = data ? latestByJob(data.items, 100).filter((job) => !state || job.state === state).slice(0, 6) : [];
  return (
    <Section title={title} flush>
      {error && !data ? <ErrorState error={error} retry={() => void refetch()} /> : null}
      {!error && !data ? <LoadingRows rows={4} /> : null}
      {data && jobs.length === 0 && (
        <EmptyState look="panel" title={state ? "No job is failing" : "No job has run yet"}>
          {state ? "The last run of every recent job went well." : "Runs appear here as soon as a producer reports them."}
        </EmptyState>
      )}
      <ul className={classes.rows}>
        {jobs.map((job) => {
          const info = statusInfo(job.state);
          return (
            <li key={job.job_id} data-job-id={job.job_id} data-state={job.state}>
              <KindIcon kind="ETLProcess" size={26} />
              <span className={classes.who}>
                <Link to={paths.lineage(job.job_id)}>{job.name}</Link>
                <small>{job.namespace}</small>
              </span>
              {info && <StatusBadge info={info} />}
              <span className={classes.when}>
                <Moment at={job.at} look="ago" />
              </span>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}
