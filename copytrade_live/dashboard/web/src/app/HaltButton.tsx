import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconHandStop, IconPlayerPlay } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { halt } from "../api/deeds";
import { useOverview } from "../api/useOverview";
import { LinkButton } from "../parts/LinkButton";

/** Stops new entries with one click, on every page. Once halted it leads to where entries are allowed again. */
export function HaltButton() {
  const { data } = useOverview();
  const stop = useHalt();
  const isHalted = data !== undefined && data.halts.length > 0;
  if (isHalted) {
    return (
      <LinkButton
        to="/controls"
        size="xs"
        variant="default"
        leftSection={<IconPlayerPlay size={15} aria-hidden />}
      >
        Resume…
      </LinkButton>
    );
  }
  return (
    <Button
      size="xs"
      color="red.8"
      loading={stop.isPending}
      onClick={() => {
        stop.mutate();
      }}
      leftSection={<IconHandStop size={15} aria-hidden />}
      title="No new entries from now on; exits go on"
    >
      Halt
    </Button>
  );
}

/** Asks the runner to make no new entries. */
export function useHalt() {
  return useMutation({
    mutationFn: () => halt({ note: "by the Halt button", stop: false }),
    onSuccess: () => {
      notifications.show({
        title: "Halt asked for",
        message: "No new entries from the runner's next look on, within a second. Exits go on.",
        color: "red",
      });
    },
    onError: (error) => {
      notifications.show({
        title: "The halt did not get through",
        message: `${error.message} Halt from a terminal: copytrade halt, or touch $COPYTRADE_HOME/KILL.`,
        color: "red",
        autoClose: false,
      });
    },
  });
}
