import { Button } from "@mantine/core";
import { Link } from "react-router";
import { EmptyState } from "@/components/states";
import { paths } from "@/lib/paths";

/** Shown for an unknown URL. */
export function NotFoundPage() {
  return (
    <>
      <title>Not found · Headwater</title>
      <h1 className="visually-hidden">Not found</h1>
      <EmptyState
        title="Page not found"
        action={
          <Button component={Link} to={paths.home} variant="default">
            Go home
          </Button>
        }
      >
        The address may be old or mistyped.
      </EmptyState>
    </>
  );
}

/** Shown when a page fails to load or render; after a server update a reload fetches the new version. The error itself is
 * only in the console: its text is for programmers. */
export function CrashPage() {
  return (
    <div role="alert">
      <title>Error · Headwater</title>
      <h1 className="visually-hidden">Error</h1>
      <EmptyState title="This page cannot be shown" action={<Button onClick={() => { window.location.reload(); }}>Reload</Button>}>
        It could not be loaded or rendered. If reloading does not help, the server may run another version.
      </EmptyState>
    </div>
  );
}
