import { describe, expect, it } from 'vitest';
import { RadTriageError } from '#core/errors.ts';
import { planModels } from '#inference/plan-models.ts';
import { imageOf, modelOf, unreadable } from './results.ts';

describe('planning the models of a study', () => {
  const ct = imageOf(1);
  const mg = imageOf(2, { Modality: ['MG'] });

  it('gives each model the images that its manifest selects', () => {
    const [plan] = planModels([modelOf('shadow')], [ct, mg, unreadable(3)]);
    expect(plan?.images).toEqual([ct]);
  });

  it('leaves out retired models and those made for none of the images', () => {
    expect(planModels([modelOf('retired')], [ct])).toEqual([]);
    expect(planModels([modelOf('active')], [mg])).toEqual([]);
  });

  it('keeps a refused model that would have fitted, so that the reason can be told', () => {
    const problem = new RadTriageError('MODEL_ALTERED', 'altered');
    const refused = { ...modelOf('active'), problem };
    expect(planModels([refused], [ct])).toMatchObject([{ model: { problem } }]);
    expect(planModels([refused], [mg])).toEqual([]);
    expect(planModels([{ ...refused, manifest: undefined }], [ct])).toEqual([]);
  });

  it('keeps why a model declines what it is made for, and what is to be noted', () => {
    const all = [{ attribute: 'Modality' as const, in: ['DX'] }];
    const adult = modelOf('active', { select: { level: 'image', all, minimumAgeYears: 18 } });
    const image = (age?: number) => imageOf(1, { Modality: ['DX'] }, age);
    expect(planModels([adult], [image(7)])).toMatchObject([
      { images: [], declined: 'outside intended use: patient under 18' },
    ]);
    expect(planModels([adult], [image()])).toMatchObject([{ note: 'patient age unknown' }]);
  });
});
