/** DemoTexts is every sentence of the demo page, in one language. */
const en = {
  title: "Laurel · live leaderboard widget",
  contest: "Contest",
  language: "Language",
  theme: "Theme",
  auto: "Auto",
  light: "Light",
  dark: "Dark",
  density: "Density",
  comfortable: "Roomy",
  compact: "Compact",
  brand: "Brand",
  ocean: "Ocean",
  ember: "Ember",
  heading: "A live leaderboard, in one line of HTML",
  lead:
    "Drop it into any page. Places move as rounds are played, your player always sees where he stands " +
    "and how far it is to the next place, and it mends its own connection.",
  followLabel: "See it as a player",
  follow: "Follow",
  unfollow: "Anyone",
  followHint:
    "Any user id that plays, such as u_1. The page fetches a short-lived token for it; in production your own backend hands that out.",
  snippetHeading: "Put it on your page",
  snippetLead: "One script and one tag. The token never goes into the markup.",
  copy: "Copy",
  copied: "Copied",
  eventsHeading: "Hear what happens",
  eventsLead: "The widget tells your page about it with DOM events:",
  stageHeading: "The widget",
  searching: "Looking for a live contest…",
  noneLive: "No contest is live right now. This is the latest one.",
  none: "There is no contest yet. Publish one in the studio, then come back.",
  unreachable: "The list of contests can’t be read. Is the server up?",
};

export type DemoTexts = Readonly<typeof en>;

const zh: DemoTexts = {
  title: "Laurel · 实时排行榜组件",
  contest: "比赛",
  language: "语言",
  theme: "主题",
  auto: "自动",
  light: "浅色",
  dark: "深色",
  density: "密度",
  comfortable: "宽松",
  compact: "紧凑",
  brand: "品牌",
  ocean: "海洋",
  ember: "炉火",
  heading: "一行 HTML，嵌入实时排行榜",
  lead: "可放进任何页面。名次随对局实时变动，玩家始终能看到自己的位置以及距上一名的差距；连接中断也会自动恢复。",
  followLabel: "以玩家身份查看",
  follow: "关注",
  unfollow: "匿名",
  followHint: "任意参赛用户的 ID，例如 u_1。页面会为其获取短期令牌；正式环境中由你自己的后端发放。",
  snippetHeading: "放到你的页面上",
  snippetLead: "一个脚本加一个标签。令牌绝不写进标记里。",
  copy: "复制",
  copied: "已复制",
  eventsHeading: "接收事件",
  eventsLead: "组件通过 DOM 事件通知你的页面：",
  stageHeading: "组件",
  searching: "正在查找进行中的比赛…",
  noneLive: "目前没有进行中的比赛，这里显示最近的一场。",
  none: "还没有比赛。请先在工作室发布一场，然后再回来。",
  unreachable: "无法读取比赛列表。服务器在运行吗？",
};

const fa: DemoTexts = {
  title: "Laurel · ابزارک جدول زنده",
  contest: "مسابقه",
  language: "زبان",
  theme: "پوسته",
  auto: "خودکار",
  light: "روشن",
  dark: "تیره",
  density: "تراکم",
  comfortable: "باز",
  compact: "فشرده",
  brand: "برند",
  ocean: "دریا",
  ember: "اخگر",
  heading: "جدول امتیاز زنده، با یک خط HTML",
  lead:
    "آن را در هر صفحه‌ای بگذارید. رتبه‌ها با هر دورِ بازی جابه‌جا می‌شوند، بازیکن همیشه می‌بیند کجاست " +
    "و تا رتبهٔ بعدی چقدر مانده، و اتصال خودش ترمیم می‌شود.",
  followLabel: "از نگاه یک بازیکن",
  follow: "دنبال کردن",
  unfollow: "ناشناس",
  followHint:
    "شناسهٔ هر کاربری که بازی می‌کند، مثلاً u_1. صفحه برای آن توکنی کوتاه‌عمر می‌گیرد؛ در عمل سرور خودتان آن را می‌دهد.",
  snippetHeading: "در صفحهٔ خود بگذارید",
  snippetLead: "یک اسکریپت و یک برچسب. توکن هرگز در نشانه‌گذاری نمی‌آید.",
  copy: "رونوشت",
  copied: "رونوشت شد",
  eventsHeading: "از رویدادها باخبر شوید",
  eventsLead: "ابزارک با رویدادهای DOM به صفحهٔ شما خبر می‌دهد:",
  stageHeading: "ابزارک",
  searching: "در جست‌وجوی مسابقهٔ زنده…",
  noneLive: "اکنون مسابقهٔ زنده‌ای نیست. این آخرین مسابقه است.",
  none: "هنوز مسابقه‌ای نیست. یکی در استودیو منتشر کنید و برگردید.",
  unreachable: "فهرست مسابقه‌ها خوانده نشد. آیا سرور روشن است؟",
};

/** demoTexts holds every language of the demo page. */
export const demoTexts = { en, zh, fa } as const satisfies Record<string, DemoTexts>;

export type DemoLanguage = keyof typeof demoTexts;
