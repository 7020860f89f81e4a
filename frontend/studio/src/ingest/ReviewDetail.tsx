import { useLingui } from "@lingui/react";
import type { ReactNode } from "react";
import { RoomButton } from "../ui/links.tsx";
import { Panel } from "../ui/Panel.tsx";
import type { ReviewAddress, ReviewSearch } from "./review.model.ts";

interface ReviewDetailProps {
  /** Name of the region, and how its heading says it. */
  readonly title: string;
  readonly heading: ReactNode;
  readonly to: ReviewAddress;
  readonly search: ReviewSearch;
  readonly children: ReactNode;
}

/** One event of a list whole, with the way back to the list. */
export function ReviewDetail({ title, heading, to, search, children }: ReviewDetailProps) {
  const { i18n } = useLingui();
  return (
    <Panel
      title={title}
      heading={heading}
      aside={
        <RoomButton
          to={to}
          search={{ ...search, show: undefined }}
          variant="default"
          size="xs"
          resetScroll={false}
        >
          {i18n.t("Close")}
        </RoomButton>
      }
    >
      {children}
    </Panel>
  );
}
