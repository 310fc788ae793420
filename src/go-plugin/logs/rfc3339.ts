const shape = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-](\d\d):(\d\d))$/;
const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * A timestamp of RFC 3339, with any number of fraction digits, in the form of ISO 8601 (`T` and `Z`); `null` for any other
 * text and for dates that do not exist.
 */
export function parseRfc3339(text: string): string | null {
  const parts = shape.exec(text);
  if (parts === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1, 7).map(Number);
  const offset = [parts[7] ?? '0', parts[8] ?? '0'].map(Number);
  const [offsetHour = 0, offsetMinute = 0] = offset;
  // Second 60 is a leap second, which RFC 3339 allows.
  const real = day >= 1 && day <= lastDay(year, month) && hour < 24 && minute < 60 && second <= 60;
  if (!real || offsetHour > 23 || offsetMinute > 59) return null;
  return text.replace(' ', 'T').toUpperCase();
}

function lastDay(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (daysInMonth[month - 1] ?? 0);
}
