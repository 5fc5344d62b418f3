"""Dates in the dialects that feeds speak: RFC 822 and its odd zones, RFC 3339, Chinese, and what people type.

Better no date than a wrong one: what cannot be read for certain (31 February, `03/04/2024`, year 0) is None, and the
entry is dated by when it was first seen. A zone that is unknown or impossible counts as UTC: wrong by hours, never by
days.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from feeds.regex import regex

FIRST_YEAR = 1970  # nothing was published on the web before; earlier dates are slips
# Second 0 of Unix, in whatever zone it was written, is what programs write where they have no date.
_EPOCH_IS_OVER = datetime(1970, 1, 1, 14, tzinfo=UTC)

# RFC 822 §5 and what writers of feeds add. CST is the American one, as RFC 822 has it.
_ZONES = (
    (0, "z ut utc gmt wet uct zulu"),
    (1, "bst west cet met mez"),
    (2, "cest mest mesz eet"),
    (3, "eest msk"),
    (5.5, "ist"),
    (8, "hkt sgt awst"),
    (9, "jst kst"),
    (9.5, "acst"),
    (10, "aest"),
    (11, "aedt"),
    (12, "nzst"),
    (13, "nzdt"),
    (-2.5, "ndt"),
    (-3, "brt adt"),
    (-3.5, "nst"),
    (-4, "edt ast"),
    (-5, "est et cdt"),
    (-6, "cst ct mdt"),
    (-7, "mst mt pdt"),
    (-8, "pst pt akdt"),
    (-9, "akst"),
    (-10, "hst"),
)
_ZONE_HOURS: Mapping[str, float] = {name: hours for hours, names in _ZONES for name in names.split()}

# Names of months, whole and as they are shortened: en de fr es pt it nl sv da nb fi pl cs ro tr id ru uk ar he zh. No
# two of these languages disagree; a name on which others do is left out (listopada: November in Polish, October in
# Croatian).
_MONTH_NAMES = (
    "jan janv january januar janvier enero ene janeiro gennaio gen januari янв января январь"
    " tammikuuta stycznia ledna ianuarie ocak oca січня يناير جانفي ינואר בינואר 一月",
    "feb febr february februar févr fév février febrero fevereiro fev febbraio februari фев февр февраля февраль"
    " helmikuuta lutego února februarie şubat şub лютого فبراير شباط فيفري פברואר בפברואר 二月",
    "mar march mär märz mrz mars marzo março maart mrt мар марта март"
    " marts maaliskuuta marca března martie mart maret березня مارس آذار מרץ במרץ 三月",
    "apr april avr avril abril abr aprile апр апреля апрель"
    " huhtikuuta kwietnia dubna aprilie nisan nis квітня أبريل ابريل نيسان أفريل אפריל באפריל 四月",
    "may mai mayo maio maggio mag mei maj мая май toukokuuta maja května mayıs травня مايو أيار ماي מאי במאי 五月",
    "jun june juni juin junio junho giugno giu июн июня июнь"
    " kesäkuuta czerwca června iunie haziran haz червня يونيو حزيران جوان יוני ביוני 六月",
    "jul july juli juil juillet julio julho luglio lug июл июля июль"
    " heinäkuuta lipca července iulie temmuz tem липня يوليو تموز جويلية יולי ביולי 七月",
    "aug august août aoû agosto ago augustus augusti авг августа август"
    " elokuuta sierpnia srpna ağustos ağu agustus серпня أغسطس أوت אוגוסט באוגוסט 八月",
    "sep sept september septembre septiembre setembro set settembre сен сент сентября сентябрь"
    " syyskuuta września září septembrie eylül eyl вересня سبتمبر أيلول ספטמבר בספטמבר 九月",
    "oct october okt oktober octobre octubre outubro out ottobre ott окт октября октябрь"
    " lokakuuta października října octombrie ekim жовтня أكتوبر אוקטובר באוקטובר 十月",
    "nov november novembre noviembre novembro ноя нояб ноября ноябрь"
    " marraskuuta noiembrie kasım kas نوفمبر נובמבר בנובמבר 十一月",
    "dec december dez dezember déc décembre diciembre dic dezembro dicembre дек декабря декабрь"
    " des desember joulukuuta grudnia prosince decembrie aralık ara грудня ديسمبر דצמבר בדצמבר 十二月",
)
_MONTHS: Mapping[str, int] = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}

# Months of the Levant and Iraq whose names are two words, or too short for the patterns below, by one of their others.
_LEVANTINE = {
    " كانون الثاني ": " يناير ",
    " آب ": " أغسطس ",
    " تشرين الأول ": " أكتوبر ",
    " تشرين الثاني ": " نوفمبر ",
    " كانون الأول ": " ديسمبر ",
}

_TIME = r"(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?"
_ZONE = (
    r"(?P<zone>[a-z]{0,5}\s*[+\-−]\s*\d{1,2}(?::?\d{2})?(?!\d)|[a-z][a-z/_]{0,30})?"
    r"(?:\s*(?:\([^)]*\)|\[[a-z/_]{1,30}\]|[a-z]{1,5}))?"  # the same again by its name
)
_APART = r"[\s,،]+(?:(?:at|um|à|[-–|·])\s+)?"  # what stands between the day and the time
_WEEKDAY = r"(?:[^\W\d]{2,12}\.?[\s,،]+)?"
_FLAGS = re.IGNORECASE

_DIALECTS = tuple(
    regex(pattern, _FLAGS)
    for pattern in (
        # Mon, 02 Jan 2024 03:04:05 +0000 · 2 January 2024 · 2. Januar 2024 · 2-Jan-24
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º)?[\s./-]+(?:de\s+)?(?:(?P<name>[^\W\d]{{2,12}})|(?P<month>\d{{1,2}})月)\.?"
        rf"(?:\s+de)?[\s,/-]+(?P<year>\d{{2,4}})(?:(?:{_APART}|:){_TIME}\s*{_ZONE})?",
        # Jan 2, 2024 3:04 pm · Mon Jan 2, 2024 · January 2nd 2024 at 15:04
        rf"{_WEEKDAY}(?P<name>[^\W\d]{{2,12}})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s,]+(?P<year>\d{{4}})"
        rf"(?:{_APART}{_TIME}\s*{_ZONE})?",
        # asctime, RFC 9110 §5.6.7, and Unix `date`: Mon Jan  2 03:04:05 UTC 2024
        rf"{_WEEKDAY}(?P<name>[^\W\d]{{2,12}})\s+(?P<day>\d{{1,2}})\s+{_TIME}\s*{_ZONE}\s+(?P<year>\d{{4}})",
        # 2024-01-02T03:04:05+00:00 and its loose relatives: 2024/1/2 3:04, 2024.01.02
        rf"(?P<year>\d{{4}})(?P<_s>[-/.])(?P<month>\d{{1,2}})(?P=_s)(?P<day>\d{{1,2}})"
        rf"(?:\s*[(（][^()（）\d]{{1,9}}[)）])?(?:(?:\s*t\s*|{_APART}){_TIME}\s*{_ZONE})?",
        # 20240102T030405Z, 2024-01-02T030405Z, W3C's 2024-01 and 2024
        r"(?P<year>\d{4})(?P<_s>-?)(?P<month>\d{2})(?P=_s)(?P<day>\d{2})"
        rf"(?:[\st]*(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?{_ZONE})?",
        r"(?P<year>\d{4})(?:-(?P<month>\d{2}))?",
        # 2024年1月2日 下午3时04分05秒 · 2024年1月2日 15:04 · 2024년 1월 2일 오후 3시 4분
        r"(?P<year>\d{4})\s*[年년]\s*(?P<month>\d{1,2})\s*[月월]\s*(?P<day>\d{1,2})\s*[日号號일]?\s*(?:[(（][^()（）\d]{1,4}[)）]|[星週周][^\s\d]{1,3})?"
        r"\s*(?:(?P<half>上午|下午|早上|晚上|中午|凌晨|午前|午後|오전|오후)?\s*(?P<hour>\d{1,2})\s*[:：时時点點시]\s*(?P<minute>\d{1,2})?"
        rf"\s*(?:[:：分분]\s*(?:(?P<second>\d{{1,2}})\s*[秒초]?)?)?\s*{_ZONE})?",
        # 31/12/2024 and 12/31/2024, where only one reading is possible
        rf"(?P<one>\d{{1,2}})[/.-](?P<two>\d{{1,2}})[/.-](?P<year>\d{{4}})(?:{_APART}{_TIME}\s*{_ZONE})?",
        # 2004-01-08 오후 11:53:45 (Nate) · 2024. 1. 2. 오후 3:04
        r"(?P<year>\d{4})(?:-|\.\s*)(?P<month>\d{1,2})(?:-|\.\s*)(?P<day>\d{1,2})\.?\s+(?P<half>오전|오후)\s+"
        r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?",
    )
)
_EPOCH = regex(r"\d{10}(?:\d{3})?")
_AFTERNOON = ("p", "下午", "晚上", "午後", "오후")
_MORNING = ("a", "上午", "凌晨", "早上", "午前", "오전")


def parse_date(written: str | None, parsed: object = None) -> datetime | None:
    """The instant that is meant, aware and UTC, from 1970 to 9999; None if it cannot be read for certain.

    parsed   feedparser's reading of the same text, a tuple in UTC; asked only for letters of a script that we do not
             read (it knows Greek and Hungarian), because it turns `+9999` into four days and `0000-00-00` into year -1
    """
    if not written:
        return None
    text = " ".join(written[:100].split())
    if not text.isascii():
        for name, other in _LEVANTINE.items():
            text = text.replace(name, other)
    try:
        return _rfc3339(text) or _dialect(text) or _foreign(text, parsed)
    except (ValueError, OverflowError):
        return None


def _rfc3339(text: str) -> datetime | None:
    """The common case, fast: fully written with zone or Z."""
    if len(text) < 20 or text[4] != "-" or not text[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return _sane(moment.astimezone(UTC)) if moment.tzinfo and _is_zone(moment.utcoffset()) else None


def _dialect(text: str) -> datetime | None:
    if _EPOCH.fullmatch(text):
        return _sane(datetime.fromtimestamp(int(text[:10]), UTC))
    for dialect in _DIALECTS:
        found = dialect.fullmatch(text)
        if found:
            return _moment(found.groupdict())
    return None


def _foreign(text: str, parsed: object) -> datetime | None:
    if text.isascii() or not isinstance(parsed, tuple) or len(parsed) < 6:
        return None
    found = next(filter(None, (dialect.fullmatch(text) for dialect in _DIALECTS)), None)
    if found and (found.groupdict().get("name") or "a").isascii():  # we can read it, and it is no date
        return None
    year, month, day, hour, minute, second = (int(part) for part in parsed[:6])
    return _sane(datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC))


def _moment(part: Mapping[str, str | None]) -> datetime | None:
    """The instant of the parts that a dialect found; ValueError where they make none."""
    day, month = _day_and_month(part)
    if day is None or month is None:
        return None
    local = datetime(_year(part["year"] or ""), month, day, tzinfo=UTC) + _time_of_day(part)
    return _sane(local - _offset(part.get("zone") or ""))


def _day_and_month(part: Mapping[str, str | None]) -> tuple[int | None, int | None]:
    if part.get("name"):
        return int(part["day"] or 1), _MONTHS.get((part["name"] or "").lower())
    if part.get("one"):
        one, two = int(part["one"] or 0), int(part["two"] or 0)
        if one <= 12 and two <= 12 and one != two:
            return None, None  # 03/04/2024: no telling
        return (one, two) if two <= 12 else (two, one)
    return int(part.get("day") or 1), int(part.get("month") or 1)


def _year(written: str) -> int:
    """RFC 2822 §4.3 for two and three digits."""
    year = int(written)
    return year if len(written) == 4 else year + 1900 if len(written) == 3 or year >= 50 else year + 2000


def _time_of_day(part: Mapping[str, str | None]) -> timedelta:
    hour, minute, second = (int(part.get(unit) or 0) for unit in ("hour", "minute", "second"))
    half = (part.get("half") or "").lower()
    if half.startswith(_AFTERNOON) and hour < 12:
        hour += 12
    elif half.startswith(_MORNING) and hour == 12:
        hour = 0
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and (minute or second)):
        raise ValueError("no time of day")
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59))


def _offset(zone: str) -> timedelta:
    """How far ahead of UTC a zone is; nothing, if there is no such zone."""
    found = re.fullmatch(r"([a-z/_]*)\s*([+−-]?)\s*([\d:]*)", zone.lower())
    name, sign, digits = found.groups() if found else ("", "", "")
    if not sign:
        return timedelta(hours=_ZONE_HOURS.get(name, 0))
    plain = digits.replace(":", "")
    hours, minutes = (plain[:-2], plain[-2:]) if len(plain) > 2 else (plain, "")
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (1 if sign == "+" else -1)
    return offset if _is_zone(offset) and int(minutes or 0) < 60 else timedelta()


def _is_zone(offset: timedelta | None) -> bool:
    return offset is not None and abs(offset) <= timedelta(hours=14)  # the widest on earth: Line Islands, +14:00


def _sane(moment: datetime) -> datetime | None:
    return moment if moment >= _EPOCH_IS_OVER else None
