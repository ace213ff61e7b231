import { Button } from "@mantine/core";
import { Link } from "react-router";
import { EmptyState } from "@/components/states";
import { paths } from "@/lib/paths";

/** An address that leads nowhere. */
export function NotFoundPage() {
  return (
    <>
      <title>Not found · Headwater</title>
      <h1 className="visually-hidden">Not found</h1>
      <EmptyState
        title="There is no such page"
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

/** A page that failed to draw or to load; after an update of the server a reload fetches the new one. The console has
 * the error: its text is written for programmers. */
export function CrashPage() {
  return (
    <div role="alert">
      <title>Error · Headwater</title>
      <h1 className="visually-hidden">Error</h1>
      <EmptyState title="This page cannot be shown" action={<Button onClick={() => { window.location.reload(); }}>Reload</Button>}>
        It could not be loaded or drawn. If reloading does not help, the server may have sent something that this page does not know.
      </EmptyState>
    </div>
  );
}
