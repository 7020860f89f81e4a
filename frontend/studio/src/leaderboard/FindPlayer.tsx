import { useLingui } from "@lingui/react";
import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { SearchIcon } from "../ui/icons.tsx";
import classes from "./FindPlayer.module.css";

interface FindPlayerProps {
  readonly sought: string | undefined;
  readonly onFind: (userId: string | undefined) => void;
}

/** Looks for a player by user id. */
export function FindPlayer({ sought, onFind }: FindPlayerProps) {
  const { i18n } = useLingui();
  // What is typed holds until another player is looked for.
  const [typed, setTyped] = useState({ text: sought ?? "", sought });
  const text = typed.sought === sought ? typed.text : (sought ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onFind(text.trim() === "" ? undefined : text.trim());
  };
  return (
    <search>
      <form onSubmit={submit} className={classes.form}>
        <TextInput
          label={i18n.t("Find a player")}
          placeholder={i18n.t("User id")}
          leftSection={<SearchIcon size={16} />}
          value={text}
          maxLength={128}
          onChange={(event) => setTyped({ text: event.currentTarget.value, sought })}
          flex={1}
        />
        <Button type="submit" variant="default">
          {i18n.t("Find")}
        </Button>
      </form>
    </search>
  );
}
