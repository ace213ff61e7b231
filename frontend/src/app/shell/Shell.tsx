import { Suspense, useRef } from "react";
import { Outlet, useNavigation } from "react-router";
import { LoadingRows } from "@/components/states";
import { LiveUpdates } from "../LiveUpdates";
import { HeaderBar } from "./HeaderBar";
import { Nav } from "./Nav";
import { OfflineNotice } from "./OfflineNotice";
import classes from "./Shell.module.css";

/** The frame around every page, with the navigation on the left, or at the bottom on narrow screens. */
export function Shell() {
  const main = useRef<HTMLElement>(null);
  const navigation = useNavigation();
  return (
    <div className={classes.shell}>
      <a
        className={classes.skip}
        href="#content"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to content
      </a>
      <LiveUpdates />
      <Nav />
      <HeaderBar />
      <main id="content" ref={main} tabIndex={-1} className={classes.main} aria-busy={navigation.state === "loading"}>
        <OfflineNotice />
        <Suspense fallback={<LoadingRows rows={5} label="Loading the page" />}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  );
}
