/** English wording of the page Lab. */
export const lab = {
  title: "becausal: lab",
  heading: "A reader with a hidden mood",
  deck: "A simulated reader is in a good mood or a bad one, and nobody can see which. The mood decides what is picked and how it is liked. Who learns from the picks takes the mood for the films’ merit; who learns from a few films shown by chance does not. This world is made up, so that the truth is known and every estimate can be held against it.",
  contents: "Steps",
  step: {
    world: "The reader and its mood",
    beliefs: "What each method believes",
    learned: "What it learns",
    luck: "Not luck",
  },
  controls: {
    heading: "The log",
    world: "World",
    worlds: { reference: "5 readers, 8 films", movies: "24 readers, 20 real films" },
    rounds: "Rounds",
    epsilon: "Share shown by chance (ε)",
    moodOnChoice: "Mood on what is picked, log-odds",
    moodOnLike: "Mood on how it is liked, log-odds",
    seed: "Seed",
    another: "Another log",
    run: "Run again",
    stop: "Stop",
    reset: "As at first",
    typed: "{{label}}, as a number",
    between: "From {{least}} to {{most}}.",
    growing: "The log grows: {{rounds}} of {{total}} rounds",
  },
  world: {
    lead: "Every round one reader opens the app. Mostly it picks a film itself; now and then the app shows one by chance. A log keeps the reader, the film and whether it was liked. It does not keep the mood.",
    hidden: "This is all that a log of picks says: some films look liked by everybody.",
    revealed:
      "In a good mood the reader picks the films marked ▲ and likes more of what it sees; in a bad mood it picks those marked ▼ and likes less. So ▲ films are liked when picked because of the mood that picked them. Shown by chance, whatever the mood, a film is liked as often as its filled dot says.",
    still:
      "With no mood on what is picked, every film is picked in both moods alike: a pick says the same as a draw.",
    even: "With no mood on how it is liked, who picked a film does not matter: a pick says the same as a draw.",
    reveal: "The mood",
    hide: "hidden",
    show: "revealed",
    film: "Film",
    filmNumber: "Film {{number}}",
    picked: "Picked",
    pickedGood: "in a good mood",
    pickedBad: "in a bad mood",
    liked: "Liked",
    likedPicked: "when picked: what the log says",
    likedDrawn: "when shown by chance: the truth",
    good: "Picked in a good mood",
    bad: "Picked in a bad mood",
    neither: "Picked in neither",
    table: "Films of the world",
    made: "Mean over the readers, by enumeration: no log is needed.",
  },
  policy: {
    taste: "Taste policy",
    mood: "Mood policy",
    are: "Two ways to recommend (policies) are valued: the taste policy shows what each reader likes, the mood policy shows what a good mood picks. A value is the chance of a like.",
  },
  belief: {
    table: "Value of both policies by each method",
    method: "Method",
    interval: "value [95% interval]",
    truth: "Truth",
    truthNote: "by enumeration",
    none: "no value",
    right: "order right",
    wrong: "order wrong",
    refuses: "refuses",
    rounds:
      "{{rounds}} rounds, {{drawn}} of them shown by chance. Effective size: taste policy {{taste}}, mood policy {{mood}}.",
    legend: "The upright line is the truth; dot and bar are the estimate and its 95% interval.",
    waiting: "The log is being simulated…",
    naiveWrong:
      "Naive CPO says that the mood policy is better by {{said}}; in truth it is worse by {{truth}}.",
    naiveRight:
      "Naive CPO says that the mood policy is worse by {{said}}, and gets the order right here; the truth is {{truth}}.",
    cpoRight:
      "CPO with a baseline says that it is worse by {{said}}: it gets the order right, from {{drawn}} rounds shown by chance.",
    cpoWrong:
      "CPO with a baseline says that it is better by {{said}}: chance has misled it in this log. Step 4 says how often that happens.",
    refusedNothing:
      "CPO and DR refuse: with ε = 0 no film was shown by chance, and picks alone cannot tell a film’s merit from the mood that picked it. Raise ε to give them something to stand on.",
    refusedFew:
      "CPO and DR refuse where the effective size is below {{least}}: so few rounds shown by chance speak of the policy that a value would be luck. More rounds or a larger ε help.",
  },
  lines: {
    heading: "While the log grows",
    lead: "More rounds make every interval narrower. They bring an unbiased estimate closer to the truth; a biased one only becomes surer of what is wrong.",
    first: "Left",
    second: "Right",
    axis: "Rounds",
    value: "Chance of a like",
    truthOf: "{{policy}} (thin line: truth, {{truth}})",
    table: "The estimates as a table",
    pair: "{{low}} to {{high}}",
  },
  road: {
    regression: "Regression on every round (DM)",
    naive: "Naive CPO",
    cpo: "CPO (IPS)",
    "cpo-baseline": "CPO with a baseline",
    snips: "Self-normalised CPO (SNIPS)",
    "dr-confounded": "DR-CPO, model from picks",
    "dr-cross-fitted": "DR-CPO, cross-fitted",
    "cv-dr": "Control-variate DR (CV-DR)",
  },
  roadNote: {
    regression: "believes a model of all rounds, picks too",
    naive: "takes every pick for a draw; propensities counted from the log",
    cpo: "rounds shown by chance only, weighted by their known probability",
    "cpo-baseline": "the same, less a constant, which takes noise away",
    snips: "the same, over the sum of the weights",
    "dr-confounded": "a reward model that saw picks only, corrected by rounds shown by chance",
    "dr-cross-fitted": "a reward model from the other rounds shown by chance, corrected",
    "cv-dr": "as much of baseline and model as pays off",
  },
  learned: {
    lead: "A small policy with two weights, one for taste and one for what a good mood picks, learns from the log by each method. Its true value says whether it learned the films or the mood.",
    table: "What each teacher makes of the logs",
    teacher: "Learned by",
    value: "True value",
    taste: "Weight of taste",
    mood: "Weight of the mood’s films",
    spread: "sd {{spread}}",
    refuses: "refuses: too few rounds shown by chance",
    progress: "{{done}} of {{total}} logs learned from",
    waiting: "It learns once the log is whole.",
    summary:
      "Mean of {{logs}} logs: the policy that naive CPO teaches is truly worth {{naive}}, that of CPO {{cpo}}. Chance gives {{uniform}}, and no policy more than {{best}}. Naive CPO puts {{naiveMood}} on the mood’s films, CPO {{cpoMood}}.",
    summaryRefused:
      "Mean of {{logs}} logs: the policy that naive CPO teaches is truly worth {{naive}}, where chance gives {{uniform}}. It puts {{naiveMood}} on the mood’s films. CPO and DR-CPO refuse to learn from fewer than {{least}} rounds shown by chance.",
    legend:
      "A dot is a log, the first of them the one above; the upright lines are chance and the best possible, or a weight of 0. Weights are log-odds between films.",
    scattered:
      "The draws of one log are little to learn from: the dots of CPO and DR-CPO scatter. Those of naive CPO lie close together, right or wrong.",
    reference: { taste: "Taste policy itself", uniform: "Chance (uniform)", best: "Best possible" },
  },
  teacher: {
    naive: "Naive CPO",
    regression: "Regression (DM)",
    cpo: "CPO",
    "dr-cpo": "DR-CPO",
  },
  luck: {
    lead: "One log could be luck. Simulate many with the same settings, and see how far off each method is on average, how much it scatters, and how often its 95% interval holds the truth.",
    start: "Simulate {{logs}} logs",
    again: "Simulate {{logs}} logs again",
    progress: "{{done}} of {{total}} logs",
    table: "Every method over many logs",
    bias: "bias",
    sd: "sd",
    coverage: "holds the truth",
    answered: "answered in {{answered}} of {{logs}} logs",
    rankedRight: "Order right",
    summary:
      "In {{logs}} logs naive CPO got the order of the two policies right in {{naive}} and CPO with a baseline in {{cpo}}. The 95% interval for the mood policy held the truth in {{naiveCover}} and {{cpoCover}}.",
    summaryRefused:
      "In {{logs}} logs naive CPO got the order of the two policies right in {{naive}}. CPO and DR had nothing to answer from.",
    dr: "Doubly robust is no promise of a narrower interval: with a reward model that saw confounded picks it scatters by {{dr}} on the mood policy, and CPO with a constant baseline by {{cpo}}.",
    drAlways:
      "Doubly robust is no promise of a narrower interval: a reward model that saw confounded picks can make it scatter more than CPO with a constant baseline.",
    targets:
      "A right 95% interval holds the truth in about 95% of the logs; with {{logs}} logs, chance moves that by about {{points}} points either way.",
  },
  made: {
    summary: "How it is made",
    model:
      "P(like) = σ(base + mood · s), s = +1 or −1 a fair coin that no log keeps. With probability ε the film is uniform over the world’s films; otherwise the reader’s pick, softmax of ± the mood’s push. Truth: the mean over both moods, readers and films, by enumeration.",
    values:
      "Estimates and intervals are those of src/evaluate/off-policy (docs/learning.md): Student’s t, weights unclipped; that of the regression is its spread over rounds and knows nothing of its bias. Below an effective size (Σw)² / Σw² of 50 no value is given.",
    movies:
      "The real films: readers whose taste is a factorisation of MovieLens ratings; the good mood picks what everybody knows.",
    seed: "The first seed shown was chosen because its logs are like the average of many, not because they look best: every other seed is as good.",
    command: "The same study over 1,000 logs, with its bars:",
  },
} as const;
