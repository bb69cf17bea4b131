"""What training minimises.

**Fit**: softmax cross-entropy of the watched film within a slate of sampled candidates, each score lowered by the log of how
often sampling would draw that film (sampled softmax, Bengio & Senecal 2008). Without that correction the hard negatives
teach the model to distrust whatever the SASRec likes.

**Self-normalisation**: a softmax does not see a constant added to all scores, so alone it would leave the level of the
verdict log-odds free: taking a film out of the history could move every candidate by the same arbitrary amount. The squared
log of the estimated partition function is added (Devlin et al. 2014): a verdict is then close to log p(film | history) over
the whole catalogue.

**Title** and **preference effect** (NextQuill, arXiv 2506.02368) compare what the model says with the history h and with an
emptied one, 0:

- title: cross-entropy of each token of the target's title, weight 0.9 where p_h(token) - p_0(token) > 0.05 and 0.1 elsewhere,
  the weights of a batch normalised by their sum. Weights are data: no gradient passes through them.
- preference effect: cross-entropy of softmax_c(S_h(c) - S_0(c) - log q(c)) with S the verdicts and q(c) how often sampling
  draws candidate c. NextQuill takes the softmax over a whole vocabulary; ours would be over the whole catalogue, and the slate
  is a sample of it, so the sampling correction belongs here as it belongs to the fit: without it, the effect of a history
  would have to be negative on what the SASRec thinks likely, for the hard negatives stand there. S_0 needs no correction of
  its own, it is a score like S_h. The two losses do not have the same optimum: the fit alone leaves the effect at
  log p(c | h) / p(c), this loss wants it at log p(c | h), popular films' popularity included. Its weight is a trade, small.

**Steering** (examples with a made-up persona, in place of the fit): divergence from softmax(S_0 + nats) within the slate, S_0
what the model says without persona, through which no gradient passes. A persona is thereby a shift of the model's own
verdicts, whatever they are, and nothing is learned about which films are watched. The slate's share of the catalogue is to
stay as it is: the squared difference of the log partition functions, weighted as the self-normalisation is.

Every term is a sum over a process's own examples, over the number in the whole batch, times the number of processes.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from becausal_training.adapter_settings import AdapterSettings
from becausal_training.batches import Steered, TrainingBatch, WithoutHistory, effect_rows
from becausal_training.distributed import ALONE, Ranks
from becausal_training.recommender import Recommender

TOKEN_EFFECT = 0.05
MOVED_WEIGHT, OTHER_WEIGHT = 0.9, 0.1


@dataclass(frozen=True)
class Losses:
    """The sum to minimise, and each part of it for the record; "titleTokens" and "movedTokens" are counts."""

    total: Tensor
    terms: dict[str, Tensor]


def token_weights(log_with: Tensor, log_without: Tensor) -> Tensor:
    """Returns NextQuill's weight of each token from its log-probability with and without history."""
    return torch.where(has_moved(log_with, log_without), MOVED_WEIGHT, OTHER_WEIGHT)


def has_moved(log_with: Tensor, log_without: Tensor) -> Tensor:
    """Returns where the history makes a token likelier by more than `TOKEN_EFFECT`."""
    return log_with.detach().exp() - log_without.detach().exp() > TOKEN_EFFECT


def batch_loss(model: Recommender, batch: TrainingBatch, settings: AdapterSettings, ranks: Ranks = ALONE) -> Losses:
    """Returns the losses of one part of a step's batch; the totals of the parts add up to the step's loss.

    The title loss of a step with several parts is the mean of theirs: token weights are normalised within a part.
    """
    scale = ranks.world / settings.batch
    prompts = batch.prompts
    gate = torch.where(batch.uniform_gate[:, None], 1.0, model.gates(batch.history, batch.state))
    places, candidates = prompts.readout, prompts.readout.shape[1]
    if settings.title_loss:
        places = torch.cat([places, prompts.first_title()[0]], 1)
    residual = model.residual_at(prompts, gate, places, batch.null_slot, batch.items)
    verdicts = model.verdicts_of(residual[:, :candidates])
    scores = verdicts - batch.correction
    fits, levels = target_cross_entropy(scores), scores.logsumexp(1)
    terms = {}
    if batch.steered is not None:
        steering, shifts = _steering(model, batch, batch.steered, gate, verdicts)
        weighted = settings.steering_weight * steering
        fits, levels = (torch.where(batch.steered.rows, *pair) for pair in ((weighted, fits), (shifts, levels)))
        terms["steering"] = scale * (steering * batch.steered.rows).sum().detach()
    fit, level = scale * fits.sum(), scale * levels.square().sum()
    total = fit + settings.self_normalisation * level
    terms |= {"fit": fit.detach(), "level": level.detach()}
    if settings.asks_without_history:
        effects = _Effects(model, batch, settings, ranks)
        if settings.preference_effect:
            effect = effects.preference(verdicts)
            total, terms["preferenceEffect"] = total + settings.preference_effect * effect, effect.detach()
        if settings.title_loss:
            title, tokens, moved = effects.title(residual[:, candidates:])
            total = total + settings.title_loss * title
            terms |= {"title": title.detach(), "titleTokens": tokens, "movedTokens": moved}
    return Losses(total, terms)


def target_cross_entropy(scores: Tensor) -> Tensor:
    """Returns -log softmax(scores)[0] of each row of `[prompts, candidates]`."""
    return F.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long, device=scores.device), reduction="none")


def _steering(
    model: Recommender, batch: TrainingBatch, steered: Steered, gate: Tensor, verdicts: Tensor
) -> tuple[Tensor, Tensor]:
    """Returns each example's divergence from the steered verdicts, and how much the slate's log partition function moved."""
    prompts = steered.without_persona
    with torch.no_grad():
        residual = model.residual_at(prompts, gate, prompts.readout, steered.null_slot, batch.items)
        before = model.verdicts_of(residual)
        wanted = (before + steered.nats).log_softmax(1)
    divergence = F.kl_div(verdicts.log_softmax(1), wanted, reduction="none", log_target=True).sum(1)
    return divergence, verdicts.logsumexp(1) - before.logsumexp(1)


class _Effects:
    """The two terms that compare with the emptied history."""

    def __init__(self, model: Recommender, batch: TrainingBatch, settings: AdapterSettings, ranks: Ranks) -> None:
        self._model, self._batch, self._settings, self._ranks = model, batch, settings, ranks
        self._asked = batch.without_history
        self._scale = ranks.world / effect_rows(settings)
        self._nothing = torch.zeros((), device=batch.correction.device)
        if self._asked is not None:
            self._residual = self._pass_without_history(self._asked)

    def _pass_without_history(self, asked: WithoutHistory) -> Tensor:
        """Returns the residuals at the read-outs, then at the places that predict the target's title."""
        places = asked.prompts.readout
        if self._settings.title_loss:
            places = torch.cat([places, asked.prompts.first_title()[0]], 1)
        is_uniform = self._batch.uniform_gate[: len(places), None]
        keeps_gradient = self._settings.preference_effect > 0 and not self._settings.detach_without_history
        with torch.set_grad_enabled(keeps_gradient):
            gate = torch.where(is_uniform, 1.0, self._model.gates(asked.history, asked.state))
            return self._model.residual_at(asked.prompts, gate, places, asked.null_slot, self._batch.items)

    def preference(self, verdicts: Tensor) -> Tensor:
        if self._asked is None:
            return self._nothing
        count, columns = self._asked.prompts.readout.shape
        effect = verdicts[:count] - self._verdicts_without(columns)
        return self._scale * target_cross_entropy(effect - self._batch.correction[:count]).sum()

    def _verdicts_without(self, columns: int) -> Tensor:
        verdicts = self._model.verdicts_of(self._residual[:, :columns])
        return verdicts.detach() if self._settings.detach_without_history else verdicts

    def title(self, residual: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the loss, the number of tokens and how many of them the history moved."""
        if self._asked is None:
            self._ranks.total(self._nothing)
            return self._nothing, self._nothing, self._nothing
        count, columns = self._asked.prompts.readout.shape
        _, tokens, is_title = self._batch.prompts.first_title()
        tokens, is_title = tokens[:count], is_title[:count]
        log_with = self._model.lm.token_log_probabilities(residual[:count], tokens)
        with torch.no_grad():
            log_without = self._model.lm.token_log_probabilities(self._residual[:, columns:], tokens)
        weights = token_weights(log_with, log_without) * is_title
        # A part of a batch may have no example asked without history, on any process.
        weight = self._ranks.total(weights.sum()).clamp(min=OTHER_WEIGHT)
        loss = -(weights * log_with).sum() / weight * self._ranks.world / self._settings.micro_batches
        return loss, is_title.sum(), (has_moved(log_with, log_without) & is_title).sum()
