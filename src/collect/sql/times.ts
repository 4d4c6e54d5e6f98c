// Times as databases write them, as ISO 8601.
import { shortTime } from '../times.ts';

/** `2026-01-02 03:04:05.120+00` as `2026-01-02T03:04:05.12Z`; without a zone none is added. Anything else stays as it is. */
export const isoTime = (written: string): string => {
  const [, date, time, zone] =
    /^(\d{4,}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(written) ?? [];
  if (date === undefined) return written;
  return shortTime(`${date}T${time}${zone === undefined ? '' : isoZone(zone)}`);
};

const isoZone = (zone: string): string => {
  if (/^(?:Z|[+-]00(?::?00)?)$/.test(zone)) return 'Z';
  return zone.length === 3 ? `${zone}:00` : zone.replace(/^(.\d\d):?(\d\d)$/, '$1:$2');
};
