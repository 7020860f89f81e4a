import type { ReactNode } from "react";

interface IconProps {
  readonly size?: number;
}

function Drawn({ size = 18, children }: IconProps & { readonly children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export function PulseIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <path d="M3 12h4l3-8 4 16 3-8h4" />
    </Drawn>
  );
}

export function ContestIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <path d="M8 21h8M12 17v4M7 4h10v5a5 5 0 0 1-10 0Z" />
      <path d="M7 6H4a3 3 0 0 0 3 4M17 6h3a3 3 0 0 1-3 4" />
    </Drawn>
  );
}

export function ReviewIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <path d="M4 13h4l2 3h4l2-3h4" />
      <path d="M4 13 6.5 5h11L20 13v6H4Z" />
    </Drawn>
  );
}

export function BoardIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <path d="M4 21V10h5v11M9 21V4h6v17M15 21v-8h5v8M2 21h20" />
    </Drawn>
  );
}

export function SearchIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <circle cx="11" cy="11" r="7" />
      <path d="m20 20-4-4" />
    </Drawn>
  );
}

export function PlusIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <path d="M12 5v14M5 12h14" />
    </Drawn>
  );
}

export function SunIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <circle cx="12" cy="12" r="4" />
      <path d="M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5" />
    </Drawn>
  );
}

export function MoonIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z" />
    </Drawn>
  );
}

export function AutoIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 3v18a9 9 0 0 0 0-18Z" fill="currentColor" stroke="none" />
    </Drawn>
  );
}

export function LanguageIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <circle cx="12" cy="12" r="9" />
      <path d="M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18" />
    </Drawn>
  );
}

export function PersonIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <circle cx="12" cy="8" r="4" />
      <path d="M4 21a8 8 0 0 1 16 0" />
    </Drawn>
  );
}

export function CheckIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <path d="m5 12 5 5 9-10" />
    </Drawn>
  );
}

export function AlertIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <path d="M12 9v4M12 17h.01M10.3 4 2.6 17.5A2 2 0 0 0 4.3 20.5h15.4a2 2 0 0 0 1.7-3L13.7 4a2 2 0 0 0-3.4 0Z" />
    </Drawn>
  );
}

export function PauseIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <path d="M8 5v14M16 5v14" />
    </Drawn>
  );
}

export function ClockIcon(props: IconProps) {
  return (
    <Drawn {...props}>
      <circle cx="12" cy="12" r="9" />
      <path d="M12 7v5l3 2" />
    </Drawn>
  );
}

/** The mark of the product. */
export function LaurelMark({ size = 28 }: IconProps) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#17603f" />
      <g fill="none" stroke="#f3d98b" strokeWidth={1.8} strokeLinejoin="round">
        <path d="M16 26V13M16 26c-5 0-8-3-9-8 4 0 7 1 9 4M16 26c5 0 8-3 9-8-4 0-7 1-9 4" />
        <path d="M16 17c-4-1-6-4-6-9 4 1 6 4 6 9Zm0 0c4-1 6-4 6-9-4 1-6 4-6 9Z" />
      </g>
    </svg>
  );
}
