'use strict';

// Two clients by other people, unmodified: the typed one on axios, and the older one, a different code base on request.
// The Go test that starts this passes the instance in the environment and checks its state afterwards.

const assert = require('node:assert/strict');
const test = require('node:test');

const { ManageAPI } = require('connectwise-rest');
const Classic = require('connectwise-rest-classic');

const env = process.env;
const options = {
  companyId: env.SIM_COMPANY,
  companyUrl: env.SIM_HOST,
  publicKey: env.SIM_PUBLIC_KEY,
  privateKey: env.SIM_PRIVATE_KEY,
  clientId: env.SIM_CLIENT_ID,
  logger: () => {},
};
const companies = Number(env.SIM_COMPANIES);
const product = { identifier: 'NP-BUS' };
const newLine = { product, quantity: 11, billCustomer: 'Billable', effectiveDate: env.SIM_EFFECTIVE };
const seats = [{ op: 'replace', path: 'quantity', value: 42.5 }];

function checkCompanies(list) {
  assert.equal(list.length, companies);
  assert.equal(new Set(list.map((c) => c.id)).size, companies);
}

test('the current client', async (t) => {
  const cw = new ManageAPI(options);
  const agreement = Number(env.SIM_AGREEMENT);

  await t.test('pages through the companies', async () => {
    checkCompanies(await cw.paginate(cw.CompanyAPI.getCompanyCompanies.bind(cw.CompanyAPI), { pageSize: 50 }, { orderBy: 'id asc' }));
    const { count } = await cw.CompanyAPI.getCompanyCompaniesCount({});
    assert.equal(count, companies);
  });

  await t.test('filters agreements', async () => {
    const list = await cw.FinanceAPI.getFinanceAgreements({ conditions: `id=${agreement} and cancelledFlag=False` });
    assert.deepEqual(list.map((a) => a.id), [agreement]);
    assert.equal(list[0].agreementStatus, 'Active');
  });

  await t.test('creates, patches and reads an addition', async () => {
    const created = await cw.FinanceAPI.postFinanceAgreementsByParentIdAdditions(agreement, newLine);
    assert.equal(created.quantity, 11);
    assert.equal(created.product.identifier, 'NP-BUS');
    const patched = await cw.FinanceAPI.patchFinanceAgreementsByParentIdAdditionsById(created.id, agreement, seats);
    assert.equal(patched.quantity, 42.5);
    const list = await cw.FinanceAPI.getFinanceAgreementsByParentIdAdditions(agreement, { conditions: 'product/identifier="NP-BUS"' });
    assert.deepEqual(list.map((a) => [a.id, a.quantity]), [[created.id, 42.5]]);
  });

  await t.test('sees refusals', async () => {
    await assert.rejects(
      cw.FinanceAPI.postFinanceAgreementsByParentIdAdditions(agreement, { product }),
      (err) => err.status === 400 && err.data.code === 'InvalidObject',
    );
    const stranger = new ManageAPI({ ...options, privateKey: 'wrong' });
    await assert.rejects(stranger.CompanyAPI.getCompanyCompanies({}), (err) => err.status === 401);
  });
});

test('the classic client', async (t) => {
  const cw = new Classic(options);
  const agreement = Number(env.SIM_OTHER_AGREEMENT);

  await t.test('pages through the companies', async () => {
    const api = cw.CompanyAPI.Companies;
    checkCompanies(await api.paginate(api.getCompanies, [{ page: 1, orderBy: 'id asc' }], api, 40));
  });

  await t.test('creates, patches and reads an addition', async () => {
    const { Agreements, Additions } = cw.FinanceAPI;
    assert.equal((await Agreements.getAgreementById(agreement)).agreementStatus, 'Active');
    const created = await Additions.createAddition(agreement, newLine);
    const patched = await Additions.updateAddition(agreement, created.id, seats);
    assert.equal(patched.quantity, 42.5);
    const list = await Additions.getAdditions(agreement, { conditions: `id=${created.id}` });
    assert.deepEqual(list.map((a) => a.quantity), [42.5]);
  });

  await t.test('sees refusals', async () => {
    await assert.rejects(cw.CompanyAPI.Companies.getCompanyById(1), (err) => err.code === 'NotFound');
  });
});
