import { cutOff, uncut, useDeed } from "../../api/deeds";
import { shortId } from "../../format/texts";
import { Confirm, type Given } from "../../parts/Confirm";

interface Props {
  wallet: string;
  isCut: boolean;
  onEnd: () => void;
}

/** Asks before a leader is cut off, or copied again. */
export function CutOffDialog({ wallet, isCut, onEnd }: Props) {
  const deed = useDeed(
    isCut ? "Asked to copy the leader again" : "Asked to cut the leader off",
    (given: Given) => (isCut ? uncut(wallet, given.note) : cutOff(wallet, given.note)),
    onEnd,
  );
  return (
    <Confirm
      title={isCut ? `Copy ${shortId(wallet)} again?` : `Cut ${shortId(wallet)} off?`}
      verb={isCut ? "Copy again" : "Cut off"}
      isDangerous={!isCut}
      isPending={deed.isPending}
      error={deed.error}
      onConfirm={(given) => {
        deed.mutate(given);
      }}
      onClose={onEnd}
    >
      {isCut
        ? "Its next fills are judged again like any other leader's."
        : "No new copies of this leader. What is held from it is left by its exit plan, as planned."}
    </Confirm>
  );
}
