import { Skeleton } from "@mantine/core";
import { Link } from "react-router";
import { ErrorState } from "@/components/states";
import { KindIcon } from "@/components/KindIcon";
import type { GraphStats } from "@/lib/api/types";
import { kindInfo } from "@/lib/kinds";
import { paths } from "@/lib/paths";
import classes from "./Home.module.css";

const SHOWN = ["DataSource", "ETLProcess", "MLModel", "ModelVersion", "Output", "Run"];

interface Props {
  stats: GraphStats | undefined;
  error: unknown;
  retry: () => unknown;
}

/** Counts by kind, each linked to the list of its nodes. */
export function Counts({ stats, error, retry }: Props) {
  if (error && !stats) return <ErrorState error={error} retry={retry} />;
  return (
    <ul className={classes.counts} data-testid="counts">
      {SHOWN.map((kind) => (
        <li key={kind} className={classes.count} data-kind={kind}>
          <Link to={paths.catalog(kind)}>
            <KindIcon kind={kind} size={32} />
            <span>
              <strong>{stats ? (stats.nodes[kind] ?? 0).toLocaleString() : <Skeleton width={40} height={20} my={4} />}</strong>{" "}
              {kindInfo(kind).plural}
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
