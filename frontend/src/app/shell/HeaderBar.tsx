import { AccountMenu } from "./AccountMenu";
import { LiveBadge } from "./LiveBadge";
import classes from "./Shell.module.css";
import { ThemeToggle } from "./ThemeToggle";

/** What holds for the whole product: whether it is live, light or dark, and who is signed in. */
export function HeaderBar() {
  return (
    <header className={classes.header}>
      <span className={classes.small}>
        <img src="/favicon.svg" width={24} height={24} alt="" />
        Headwater
      </span>
      <div className={classes.tools}>
        <LiveBadge />
        <ThemeToggle />
        <AccountMenu />
      </div>
    </header>
  );
}
