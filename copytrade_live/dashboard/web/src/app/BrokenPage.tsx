import { Button } from "@mantine/core";
import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { Empty } from "../parts/States";

/** What is shown instead of a page that failed. */
export function BrokenPage({ error, reset }: ErrorComponentProps) {
  return (
    <main role="alert">
      <Empty
        title="This page failed"
        action={
          <Button size="xs" variant="default" onClick={reset}>
            Try again
          </Button>
        }
      >
        {error instanceof Error ? error.message : "It does not say why."} Copying does not depend on this
        page. From a terminal: copytrade status, copytrade halt.
      </Empty>
    </main>
  );
}

/** What is shown for an address that is no page. */
export function NoSuchPage() {
  return (
    <main>
      <Empty title="There is no such page" action={<Link to="/">To the overview</Link>}>
        The address may be mistyped, or from another version.
      </Empty>
    </main>
  );
}
