import { useNavigate } from "react-router";
import { Page } from "@/components/Page";
import { paths } from "@/lib/paths";
import { AlertsNow } from "../components/AlertsNow";
import { Counts } from "../components/Counts";
import { FirstEvent } from "../components/FirstEvent";
import { FocusSearch } from "../components/FocusSearch";
import { JobsNow } from "../components/JobsNow";
import { ModelsNow } from "../components/ModelsNow";
import { useStatsQuery } from "../api";
import classes from "./HomePage.module.css";

/** The first page: is anything wrong, what ran last, and the way to everything else. */
export function HomePage() {
  const navigate = useNavigate();
  const stats = useStatsQuery(undefined);
  const nodes = stats.data ? Object.values(stats.data.nodes).reduce((sum, n) => sum + n, 0) : null;
  return (
    <Page title="Home" lead="Every prediction, traced back to its source.">
      <div className={classes.search}>
        <FocusSearch size="md" onPick={(id) => { void navigate(paths.lineage(id)); }} />
      </div>
      {nodes === 0 ? <FirstEvent /> : <Counts stats={stats.data} error={stats.error} retry={() => void stats.refetch()} />}
      <div className={classes.grid}>
        <AlertsNow />
        <ModelsNow />
        <JobsNow title="Failing jobs" state="FAIL" />
        <JobsNow title="Recent jobs" />
      </div>
    </Page>
  );
}
