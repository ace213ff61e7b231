import { useOnline } from "@/components/useOnline";
import classes from "./Shell.module.css";

/** A notice on every page while the device is offline. */
export function OfflineNotice() {
  const online = useOnline();
  return (
    <div role="status">
      {!online && <p className={classes.offline}>You are offline. The data shown may be out of date; it is reloaded when the connection returns.</p>}
    </div>
  );
}
