import { Button, Group, Modal, PasswordInput, Stack, Textarea, TextInput } from "@mantine/core";
import { useState, type ReactNode, type SyntheticEvent } from "react";

/** What a person gave with a deed. */
export interface Given {
  note: string;
  confirm: string;
  api_key: string;
}

interface Props {
  title: string;
  children: ReactNode;
  verb: string;
  isDangerous?: boolean;
  /** The word to type, where one must be typed; the API key is asked for with it. */
  word?: string;
  isPending: boolean;
  error: Error | null;
  onConfirm: (given: Given) => void;
  onClose: () => void;
}

/** Asks before something is done: what it does, why it is done, and for the weightiest the key and a typed word. */
export function Confirm({
  title,
  children,
  verb,
  isDangerous = false,
  word,
  isPending,
  error,
  onConfirm,
  onClose,
}: Props) {
  const [given, setGiven] = useState<Given>({ note: "", confirm: "", api_key: "" });
  const isReady = word === undefined || (given.confirm.trim() === word && given.api_key.trim() !== "");
  const send = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (isReady)
      onConfirm({ note: given.note.trim(), confirm: given.confirm.trim(), api_key: given.api_key.trim() });
  };
  const field = (name: keyof Given) => (event: { currentTarget: { value: string } }) => {
    const { value } = event.currentTarget;
    setGiven((before) => ({ ...before, [name]: value }));
  };
  return (
    <Modal opened onClose={onClose} title={title}>
      <form onSubmit={send}>
        <Stack gap="sm">
          <div>{children}</div>
          {word !== undefined && (
            <>
              <TextInput
                label={`Type ${word}`}
                value={given.confirm}
                onChange={field("confirm")}
                autoComplete="off"
                data-autofocus
              />
              <PasswordInput
                label="API key"
                description="Once more, so that no unattended browser does this"
                value={given.api_key}
                onChange={field("api_key")}
                autoComplete="off"
              />
            </>
          )}
          <Textarea
            label="Note"
            description="Goes into the journal and the audit trail"
            value={given.note}
            onChange={field("note")}
            maxLength={500}
            rows={2}
            {...(word === undefined && { "data-autofocus": true })}
          />
          {error && (
            <p className="loss" role="alert">
              {error.message}
            </p>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button
              type="submit"
              loading={isPending}
              disabled={!isReady}
              {...(isDangerous && { color: "red.8" })}
            >
              {verb}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
