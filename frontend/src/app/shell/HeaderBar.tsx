import { AccountMenu } from "./AccountMenu";
import { GlobalSearch } from "./GlobalSearch";
import { LiveBadge } from "./LiveBadge";
import classes from "./Shell.module.css";
import { ThemeToggle } from "./ThemeToggle";

/** Global state and controls: live status, colour scheme, account. */
export function HeaderBar() {
  return (
    <header className={classes.header}>
      <span className={classes.small}>
        <img src="/favicon.svg" width={24} height={24} alt="" />
        <span className="visually-hidden">Headwater</span>
      </span>
      <div className={classes.search}>
        <GlobalSearch />
      </div>
      <div className={classes.tools}>
        <LiveBadge />
        <ThemeToggle />
        <AccountMenu />
      </div>
    </header>
  );
}
