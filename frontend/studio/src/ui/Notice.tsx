import { Alert } from "@mantine/core";
import type { ReactNode } from "react";
import { AlertIcon, ClockIcon } from "./icons.tsx";
import classes from "./Notice.module.css";

interface NoticeProps {
  /** How much it matters; the icon and the words say it as well. */
  readonly tone: "info" | "warn" | "bad";
  readonly title: ReactNode;
  /** `alert` interrupts a screen reader, `status` waits. */
  readonly role: "alert" | "status";
  readonly children?: ReactNode;
}

/** Something the reader should know, above what it is about. */
export function Notice({ tone, title, role, children }: NoticeProps) {
  return (
    <Alert
      variant="default"
      role={role}
      title={title}
      icon={tone === "info" ? <ClockIcon /> : <AlertIcon />}
      mb="md"
      data-tone={tone}
      classNames={classes}
    >
      {children}
    </Alert>
  );
}
