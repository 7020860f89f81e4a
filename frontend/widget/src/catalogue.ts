/** Catalogue is every sentence the widget can show, in one language. Numbers and names come in already written for the locale. */
export interface Catalogue {
  readonly place: string;
  readonly player: string;
  readonly points: string;
  readonly you: string;
  readonly loading: string;
  readonly live: string;
  readonly reconnecting: string;
  readonly offline: string;
  readonly ended: string;
  readonly scheduled: string;
  readonly closing: string;
  readonly unauthorised: string;
  readonly unavailable: string;
  readonly unauthorisedHelp: string;
  readonly unavailableHelp: string;
  readonly retry: string;
  readonly empty: string;
  readonly emptyScheduled: string;
  readonly yourPlace: string;
  readonly yourPoints: string;
  readonly notPlaced: string;
  readonly leading: string;
  readonly levelPoints: string;
  readonly rules: string;
  readonly tieIntro: string;
  readonly window: string;
  readonly yourTime: string;
  readonly asOf: (time: string) => string;
  readonly ofTotal: (total: string) => string;
  readonly players: (count: string, one: boolean) => string;
  readonly timeLeft: (time: string) => string;
  readonly startsIn: (time: string) => string;
  readonly lateUntil: (time: string) => string;
  readonly toPlace: (place: string) => string;
  readonly aheadOf: (place: string) => string;
  readonly placesBetween: (count: string, one: boolean) => string;
  /** The scoring in plain words, by the contest's type; `n` is the number of rounds of best_n_rounds. */
  readonly scoring: (type: string, n: string) => string;
  /** A tie-break in plain words, by its name. */
  readonly tieBreak: (name: string) => string;
  readonly announcePlace: (place: string, total: string) => string;
  readonly announceGap: (points: string, place: string) => string;
  readonly announceLeader: (name: string, points: string) => string;
  readonly announceLost: string;
  readonly announceBack: string;
  readonly announceEnded: string;
}

/** pick looks a name up; an unknown one, from a later server, is shown as it is rather than hidden. */
const pick = (texts: Readonly<Record<string, string>>, name: string): string => texts[name] ?? name;

const en: Catalogue = {
  place: "Place",
  player: "Player",
  points: "Points",
  you: "You",
  loading: "Loading",
  live: "Live",
  reconnecting: "Reconnecting…",
  offline: "Offline",
  ended: "Final standings",
  scheduled: "Not started",
  closing: "Counting late rounds",
  unauthorised: "Not signed in",
  unavailable: "Unavailable",
  unauthorisedHelp: "Sign in to follow this contest.",
  unavailableHelp: "This contest can’t be shown.",
  retry: "Try again",
  empty: "Nobody is on the board yet. The first round that counts takes the lead.",
  emptyScheduled: "The board opens when the contest starts.",
  yourPlace: "Your place",
  yourPoints: "Your points",
  notPlaced: "Play a round that counts to join the board.",
  leading: "You lead the board",
  levelPoints: "Level on points: tie-break decides",
  rules: "How places are decided",
  tieIntro: "When points are equal, this decides, in order:",
  window: "Runs",
  yourTime: "In your time",
  asOf: (time) => `As of ${time}`,
  ofTotal: (total) => `of ${total}`,
  players: (count, one) => (one ? `${count} player` : `${count} players`),
  timeLeft: (time) => `${time} left`,
  startsIn: (time) => `Starts in ${time}`,
  lateUntil: (time) => `Late rounds count until ${time}`,
  toPlace: (place) => `To place ${place}`,
  aheadOf: (place) => `Ahead of place ${place}`,
  placesBetween: (count, one) => (one ? `${count} place between` : `${count} places between`),
  scoring: (type, n) =>
    pick(
      {
        sum: "Your points are the sum of all your rounds that count.",
        best_n_rounds: `Your points are the sum of your best ${n} rounds.`,
        max_multiplier: "Your points are your highest multiplier in a single round.",
        count: "Your points grow with every round that counts.",
        last: "Your points are those of your latest round that counts.",
      },
      type,
    ),
  tieBreak: (name) =>
    pick(
      {
        highest_single_multiplier: "the higher multiplier in a single round",
        fastest_rounds: "the faster rounds",
        earliest_finish_ts: "who got there first",
        user_id: "a fixed order of players, so that no place is shared",
      },
      name,
    ),
  announcePlace: (place, total) => `You are in place ${place} of ${total}.`,
  announceGap: (points, place) => `${points} points to place ${place}.`,
  announceLeader: (name, points) => `${name} leads with ${points} points.`,
  announceLost: "The connection is lost. The board may be out of date.",
  announceBack: "The connection is back.",
  announceEnded: "The contest is over. These are the final standings.",
};

const zh: Catalogue = {
  place: "名次",
  player: "玩家",
  points: "积分",
  you: "你",
  loading: "加载中",
  live: "实时",
  reconnecting: "正在重新连接…",
  offline: "已离线",
  ended: "最终排名",
  scheduled: "尚未开始",
  closing: "正在统计迟到的回合",
  unauthorised: "未登录",
  unavailable: "无法显示",
  unauthorisedHelp: "登录后即可关注本场比赛。",
  unavailableHelp: "无法显示此比赛。",
  retry: "重试",
  empty: "榜上还没有人。第一个有效回合即可领先。",
  emptyScheduled: "比赛开始后榜单即会开放。",
  yourPlace: "你的名次",
  yourPoints: "你的积分",
  notPlaced: "完成一个有效回合即可上榜。",
  leading: "你领先全榜",
  levelPoints: "积分相同，由同分规则决定",
  rules: "名次如何决定",
  tieIntro: "积分相同时，依次比较：",
  window: "比赛时间",
  yourTime: "你的当地时间",
  asOf: (time) => `截至 ${time}`,
  ofTotal: (total) => `共 ${total} 名`,
  players: (count) => `${count} 名玩家`,
  timeLeft: (time) => `剩余 ${time}`,
  startsIn: (time) => `${time} 后开始`,
  lateUntil: (time) => `迟到的回合计至 ${time}`,
  toPlace: (place) => `距第 ${place} 名`,
  aheadOf: (place) => `领先第 ${place} 名`,
  placesBetween: (count) => `中间 ${count} 个名次`,
  scoring: (type, n) =>
    pick(
      {
        sum: "积分为所有有效回合之和。",
        best_n_rounds: `积分为你最好的 ${n} 个回合之和。`,
        max_multiplier: "积分为你单个回合的最高倍数。",
        count: "每个有效回合都会增加积分。",
        last: "积分取自你最近的有效回合。",
      },
      type,
    ),
  tieBreak: (name) =>
    pick(
      {
        highest_single_multiplier: "单个回合倍数更高者",
        fastest_rounds: "回合用时更短者",
        earliest_finish_ts: "更早达到者",
        user_id: "固定的玩家顺序，因此名次不会并列",
      },
      name,
    ),
  announcePlace: (place, total) => `你现在是第 ${place} 名，共 ${total} 名。`,
  announceGap: (points, place) => `距第 ${place} 名还差 ${points} 分。`,
  announceLeader: (name, points) => `${name} 以 ${points} 分领先。`,
  announceLost: "连接已断开，榜单可能不是最新。",
  announceBack: "连接已恢复。",
  announceEnded: "比赛已结束，这是最终排名。",
};

const fa: Catalogue = {
  place: "رتبه",
  player: "بازیکن",
  points: "امتیاز",
  you: "شما",
  loading: "در حال بارگذاری",
  live: "زنده",
  reconnecting: "اتصال دوباره…",
  offline: "آفلاین",
  ended: "رتبه‌بندی نهایی",
  scheduled: "هنوز شروع نشده",
  closing: "شمارش دورهای دیررسیده",
  unauthorised: "وارد نشده‌اید",
  unavailable: "در دسترس نیست",
  unauthorisedHelp: "برای دنبال کردن این مسابقه وارد شوید.",
  unavailableHelp: "این مسابقه را نمی‌توان نشان داد.",
  retry: "تلاش دوباره",
  empty: "هنوز کسی در جدول نیست. نخستین دورِ معتبر صدر را می‌گیرد.",
  emptyScheduled: "جدول با شروع مسابقه باز می‌شود.",
  yourPlace: "رتبهٔ شما",
  yourPoints: "امتیاز شما",
  notPlaced: "برای ورود به جدول یک دورِ معتبر بازی کنید.",
  leading: "شما صدر جدول هستید",
  levelPoints: "امتیاز برابر: قاعدهٔ تساوی تعیین می‌کند",
  rules: "رتبه‌ها چگونه تعیین می‌شوند",
  tieIntro: "اگر امتیازها برابر باشند، به‌ترتیب این‌ها تعیین می‌کنند:",
  window: "زمان برگزاری",
  yourTime: "به وقت شما",
  asOf: (time) => `تا ساعت ${time}`,
  ofTotal: (total) => `از ${total}`,
  players: (count) => `${count} بازیکن`,
  timeLeft: (time) => `${time} مانده`,
  startsIn: (time) => `شروع تا ${time} دیگر`,
  lateUntil: (time) => `دورهای دیررسیده تا ${time} حساب می‌شوند`,
  toPlace: (place) => `تا رتبهٔ ${place}`,
  aheadOf: (place) => `جلوتر از رتبهٔ ${place}`,
  placesBetween: (count) => `${count} رتبه در این میان`,
  scoring: (type, n) =>
    pick(
      {
        sum: "امتیاز شما جمع همهٔ دورهای معتبرتان است.",
        best_n_rounds: `امتیاز شما جمع بهترین ${n} دور شماست.`,
        max_multiplier: "امتیاز شما بالاترین ضریب در یک دور است.",
        count: "امتیاز شما با هر دورِ معتبر بالا می‌رود.",
        last: "امتیاز شما از آخرین دورِ معتبرتان است.",
      },
      type,
    ),
  tieBreak: (name) =>
    pick(
      {
        highest_single_multiplier: "ضریب بالاتر در یک دور",
        fastest_rounds: "دورهای سریع‌تر",
        earliest_finish_ts: "کسی که زودتر رسیده است",
        user_id: "ترتیب ثابت بازیکنان، تا هیچ رتبه‌ای مشترک نشود",
      },
      name,
    ),
  announcePlace: (place, total) => `شما در رتبهٔ ${place} از ${total} هستید.`,
  announceGap: (points, place) => `${points} امتیاز تا رتبهٔ ${place}.`,
  announceLeader: (name, points) => `${name} با ${points} امتیاز پیشتاز است.`,
  announceLost: "اتصال قطع شد. جدول شاید به‌روز نباشد.",
  announceBack: "اتصال برقرار شد.",
  announceEnded: "مسابقه پایان یافت. این رتبه‌بندی نهایی است.",
};

/** Language is one of the languages the widget speaks. */
export type Language = "en" | "zh" | "fa";

/** catalogues holds every language. */
export const catalogues: Readonly<Record<Language, Catalogue>> = { en, zh, fa };
