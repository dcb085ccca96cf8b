import { ActionIcon, Tooltip } from "@mantine/core";
import { useOverview } from "../api/useOverview";
import { dollars, gain, tone } from "../format/numbers";
import { title } from "../format/texts";
import { Tag } from "../parts/Tag";
import { HaltButton } from "./HaltButton";
import { IconHelp } from "@tabler/icons-react";
import { useLine } from "./LineContext";
import { showHelp } from "./shortcutKeys";
import { StateTag } from "./StateTag";
import css from "./TopBar.module.css";
import { UserMenu } from "./UserMenu";

const LINE = { live: "Live", stale: "Stale", connecting: "Connecting" } as const;

/** The state of things on every page: money's mode, whether copying is on, equity, and the way to stop. */
export function TopBar() {
  const { data } = useOverview();
  const { phase } = useLine();
  return (
    <header className={css["bar"]}>
      {data && (
        <div className={css["state"]}>
          <Tag tone={data.mode === "live" ? "bad" : "accent"} title="Whether real money moves">
            {title(data.mode)}
          </Tag>
          <StateTag overview={data} />
        </div>
      )}
      <div className={css["space"]} />
      {data && (
        <div className={`${css["money"] ?? ""} not-phone`}>
          <span className="dim">Equity</span>
          <b>{dollars(data.money.equity)}</b>
          <span className={tone(data.money.day_pnl)} title="Since the day began, UTC">
            {gain(data.money.day_pnl)} today
          </span>
        </div>
      )}
      <span className="dim nowrap" role="status" aria-label={`Stream: ${LINE[phase]}`}>
        <Tooltip label={phase === "live" ? "Pages update by themselves" : "What you see may be old"}>
          <span className={css["state"]}>
            <span className={css["dot"]} data-phase={phase} />
            <span className="not-phone">{LINE[phase]}</span>
          </span>
        </Tooltip>
      </span>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label="Keyboard shortcuts"
        className="not-phone"
        onClick={showHelp}
      >
        <IconHelp size={18} aria-hidden />
      </ActionIcon>
      <UserMenu />
      <HaltButton />
    </header>
  );
}
