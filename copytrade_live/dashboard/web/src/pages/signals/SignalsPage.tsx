import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { signalsQuery } from "../../api/signals";
import type { Signal } from "../../api/types";
import { useMeaning } from "../../api/useMeaning";
import { useNow } from "../../api/useOverview";
import { PageHead } from "../../parts/PageHead";
import { Panel } from "../../parts/Panel";
import { Failure, Loading } from "../../parts/States";
import { SignalFilters } from "./SignalFilters";
import css from "./SignalsPage.module.css";
import { SignalTable } from "./SignalTable";

/** Every fill of a leader and how it was answered, newest first. */
export function SignalsPage() {
  const search = useSearch({ from: "/shell/signals" });
  const feed = useInfiniteQuery(signalsQuery(search));
  const now = useNow();
  const meaning = useMeaning("reject_reasons", search.reason);
  const rows: Signal[] = feed.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHead title="Signals" note="Each fill of a leader, and what we did with it. Open one to see why." />
      <Panel title="Feed" note={meaning} isFlush actions={<SignalFilters search={search} />}>
        {feed.isPending && <Loading lines={8} />}
        {feed.error && rows.length === 0 && (
          <Failure error={feed.error} onRetry={() => void feed.refetch()} />
        )}
        {feed.data && <SignalTable rows={rows} now={now} />}
        {feed.hasNextPage && (
          <div className={css["more"]}>
            <Button
              size="xs"
              variant="default"
              loading={feed.isFetchingNextPage}
              onClick={() => void feed.fetchNextPage()}
            >
              Older signals
            </Button>
          </div>
        )}
      </Panel>
    </>
  );
}
