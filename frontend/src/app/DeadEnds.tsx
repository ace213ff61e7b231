import { Button } from "@mantine/core";
import { Link, useRouteError } from "react-router";
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

/** A page that failed to draw or to load; after an update of the server a reload fetches the new one. */
export function CrashPage() {
  const error = useRouteError();
  return (
    <div role="alert">
      <title>Error · Headwater</title>
      <h1 className="visually-hidden">Error</h1>
      <EmptyState title="This page broke" action={<Button onClick={() => { window.location.reload(); }}>Reload</Button>}>
        {error instanceof Error ? error.message : "Reload it; if that does not help, tell your administrator what you did."}
      </EmptyState>
    </div>
  );
}
