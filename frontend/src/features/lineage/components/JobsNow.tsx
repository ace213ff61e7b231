import type { ReactNode } from "react";
import { Link } from "react-router";
import { KindIcon } from "@/components/KindIcon";
import { Moment } from "@/components/Moment";
import { Section } from "@/components/Page";
import { NodeLabel } from "@/components/NodeLabel";
import { StatusBadge } from "@/components/StatusBadge";
import { EmptyState, ErrorState, LoadingRows } from "@/components/states";
import { paths } from "@/lib/paths";
import { statusInfo } from "@/lib/status";
import { useFailingJobsQuery, useRunsQuery } from "../api";
import { failingLine, latestByJob, type JobLine } from "../model";
import classes from "./Home.module.css";

const SHOWN = 6;
/** Many runs may be of one job. */
const RUNS = 100;

/** Jobs whose latest run failed, whenever that was. */
export function FailingJobs() {
  const { data, error, refetch } = useFailingJobsQuery(undefined);
  const { data: runs } = useRunsQuery({ limit: RUNS });
  const none =
    runs?.items.length === 0 ? (
      <EmptyState look="panel" title="No job has run yet">Jobs whose latest run failed appear here.</EmptyState>
    ) : (
      <EmptyState look="panel" title="No job is failing">There is no job whose latest run failed.</EmptyState>
    );
  return (
    <Jobs
      title="Failing jobs"
      more={<Link to={paths.catalog("ETLProcess", "FAIL")}>All failing jobs</Link>}
      jobs={data?.items.map(failingLine)}
      rest={data?.next_cursor ? "More jobs are failing than are shown here." : null}
      error={error}
      retry={refetch}
      none={none}
    />
  );
}

/** The jobs of the newest runs. */
export function RecentJobs() {
  const { data, error, refetch } = useRunsQuery({ limit: RUNS });
  return (
    <Jobs
      title="Recent jobs"
      more={<Link to={paths.catalog("Run")}>All runs</Link>}
      jobs={data && latestByJob(data.items, SHOWN)}
      error={error}
      retry={refetch}
      none={<EmptyState look="panel" title="No job has run yet">Runs appear here as soon as a producer reports them.</EmptyState>}
    />
  );
}

interface JobsProps {
  title: string;
  more: ReactNode;
  jobs: readonly JobLine[] | undefined;
  rest?: string | null;
  error: unknown;
  retry: () => unknown;
  none: ReactNode;
}

function Jobs({ title, more, jobs, rest, error, retry, none }: JobsProps) {
  return (
    <Section title={title} flush actions={more}>
      {error && !jobs ? <ErrorState error={error} retry={retry} /> : null}
      {!error && !jobs ? <LoadingRows rows={4} /> : null}
      {jobs?.length === 0 && none}
      <ul className={classes.rows}>
        {jobs?.map((job) => {
          const info = statusInfo(job.state);
          return (
            <li key={job.job_id} data-job-id={job.job_id} data-state={job.state}>
              <KindIcon kind="ETLProcess" size={26} />
              <span className={classes.who}>
                <Link to={paths.lineage(job.job_id)}>
                  <NodeLabel label={job.label} name={job.name} namespace={job.namespace} />
                </Link>
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
      {rest && <p className={classes.rest}>{rest}</p>}
    </Section>
  );
}
