import { CopyButton } from "@/components/CopyButton";
import { Section } from "@/components/Page";
import classes from "./Home.module.css";

const LINES = 'eval "$(headwater env)"   # address and producer key for any OpenLineage client\npython my_pipeline.py     # its jobs and datasets appear here';

/** What to do on a fresh install. */
export function FirstEvent() {
  return (
    <Section title="Nothing has arrived yet" hint="Send the first event in two lines">
      <div className={classes.first} data-testid="first-event">
        <pre>{LINES}</pre>
        <CopyButton value={'eval "$(headwater env)"'} label="Copy the first line" />
      </div>
      <p className={classes.note}>
        Airflow's provider, <code>dbt-ol</code> and code with the OpenLineage Python client read these variables; Spark, Flink and the Java
        client take the address and the key from their own configuration. To look around first, run{" "}
        <code>headwater sample add</code>.
      </p>
    </Section>
  );
}
