import { Fragment } from "react";
import type { Schemas } from "../../api/types";
import { words } from "../../format/texts";
import { span } from "../../format/times";
import { Panel } from "../../parts/Panel";
import { Empty } from "../../parts/States";
import { Tag } from "../../parts/Tag";
import css from "./OverviewPage.module.css";

/** How late each source tells us of leaders' fills. */
export function FeedsPanel({ feeds }: { feeds: readonly Schemas["Feed"][] }) {
  return (
    <Panel title="Feeds" note="How late leaders' fills reach us: half of them, nine of ten">
      {feeds.length === 0 ? (
        <Empty title="No feed has told anything">The runner names its sources once it runs.</Empty>
      ) : (
        <div className={css["feed"]}>
          {feeds.map((feed) => (
            <Fragment key={feed.source}>
              <span>{words(feed.source)}</span>
              <span className="nowrap">
                {span(feed.lag_seconds)} <span className="dim">/ {span(feed.lag_p90_seconds)}</span>
              </span>
              <Tag tone={feed.ok ? "good" : "bad"}>{feed.ok ? "alive" : "fails"}</Tag>
              {feed.failing !== null && <span className={`${css["feedWhy"] ?? ""} dim`}>{feed.failing}</span>}
            </Fragment>
          ))}
        </div>
      )}
    </Panel>
  );
}
