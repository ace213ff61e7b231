import { Page } from "@/components/Page";
import { AlertsNow } from "../components/AlertsNow";
import { Counts } from "../components/Counts";
import { FirstEvent } from "../components/FirstEvent";
import { FailingJobs, RecentJobs } from "../components/JobsNow";
import { ModelsNow } from "../components/ModelsNow";
import { useStatsQuery } from "../api";
import classes from "./HomePage.module.css";

/** The home page: problems, recent runs, and links to everything else. */
export function HomePage() {
  const stats = useStatsQuery(undefined);
  const nodes = stats.data ? Object.values(stats.data.nodes).reduce((sum, n) => sum + n, 0) : null;
  return (
    <Page title="Home" lead="What is failing, what ran last, and what has been reported.">
      {nodes === 0 ? <FirstEvent /> : <Counts stats={stats.data} error={stats.error} retry={stats.refetch} />}
      <div className={classes.grid}>
        <div className={classes.column}>
          <AlertsNow />
          <FailingJobs />
        </div>
        <div className={classes.column}>
          <ModelsNow />
          <RecentJobs />
        </div>
      </div>
    </Page>
  );
}
