import { useOnline } from "@/components/useOnline";
import classes from "./Shell.module.css";

/** Says on every page that nothing new can arrive. */
export function OfflineNotice() {
  const online = useOnline();
  return (
    <div role="status">
      {!online && <p className={classes.offline}>You are offline. What is shown may be out of date; it is loaded again once there is a connection.</p>}
    </div>
  );
}
