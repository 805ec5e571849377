PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE accounts (
  person        TEXT    NOT NULL PRIMARY KEY,
  state         TEXT    NOT NULL,
  password_cell BLOB,
  password_set  INTEGER,
  must_change   INTEGER NOT NULL DEFAULT 0,
  made          INTEGER NOT NULL,
  last_login    INTEGER,
  last_from     TEXT    NOT NULL DEFAULT '',
  terminated    INTEGER
) STRICT;
INSERT INTO "accounts" VALUES('amy','active',X'8FFDD09D523A9C6407B70737598EDE9FE2FD51B8861BD4860DBEB015390FBB7CE9ECA215F09235F225',1795472396057155,0,1795472396056328,1795472396057941,'192.0.2.1',NULL);
INSERT INTO "accounts" VALUES('wu','invited',NULL,NULL,0,1795472396061052,NULL,'',NULL);
CREATE TABLE acknowledgements (
  person  TEXT    NOT NULL,
  policy  TEXT    NOT NULL,
  version TEXT    NOT NULL,
  made    INTEGER NOT NULL,
  PRIMARY KEY (person, policy, version)
) STRICT;
INSERT INTO "acknowledgements" VALUES('amy','phi','2',1795472396062971);
CREATE TABLE agent_states (
  person TEXT NOT NULL PRIMARY KEY,
  state  TEXT NOT NULL,
  reason TEXT NOT NULL,
  since  INTEGER NOT NULL,
  until  INTEGER
) STRICT;
INSERT INTO "agent_states" VALUES('amy','break','lunch',1795484863852001,NULL);
CREATE TABLE audit_checkpoints (
  size INTEGER NOT NULL PRIMARY KEY,
  made INTEGER NOT NULL,
  note TEXT    NOT NULL
) STRICT;
INSERT INTO "audit_checkpoints" VALUES(1,1795461570403281,'nightbell/joqi673kzccy5br6dllallub55
1
6meFJZh8StLd+s4lYP1r+AKuT2dOMw0B4CcaHnRyL5c=

— nightbell/joqi673kzccy5br6dllallub55 6xL8ceLSiYNnUH3NBv+bmIAUC92xuJa9XBTNC1zdpIlMyvdJHLwxUpKvaXE1o+EI82hFlkGMBdDur3VtawxWbsfdPQE=
');
INSERT INTO "audit_checkpoints" VALUES(12,1795461570405512,'nightbell/joqi673kzccy5br6dllallub55
12
FYXm0yjLRcVPENRrRME/HYdvMUJjeGDyN5wfNRErjIk=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cafw+jVM+3tRRpyxaGzRvzBMCu7lCq4Wz27wAWbS4Gq3HjX5CNt6g8AGb/lnuezERvPvqSxgJKa8SG/RFHszKQo=
');
INSERT INTO "audit_checkpoints" VALUES(14,1795461570525399,'nightbell/joqi673kzccy5br6dllallub55
14
q781QVhWS9xWZhIFEFfX3XnSv+BfqLyBunpd0PNDBmQ=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cb84Axw+g3tmGR7WmXMwGZ3cjh4DkJk+kqkdw3gv32W7zU/HDSMSriiSCgaddIQ7s4mogY7QnwmQwxL0F1lrRQc=
');
INSERT INTO "audit_checkpoints" VALUES(18,1795461570527050,'nightbell/joqi673kzccy5br6dllallub55
18
mMSOQoCigI1JF2VFMrOoHEsf9PeeXtSwr6JF7YfZKO4=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cV08hxp0JjaklGreIQ8k3SBARsiv+P5bOOjQves6aMqhT/QRJATnHPFHi7mTZRwqxpHg3tdQ42YtQpRfrDkO7wc=
');
INSERT INTO "audit_checkpoints" VALUES(19,1795461570527723,'nightbell/joqi673kzccy5br6dllallub55
19
30b2666/z0Zn0OuRYgHgObYhjY2zq2G3Lg+j05k1apc=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cW3hgxGmspibpz9b6lsewT3X7OeAnEFCBuLKZYYZ8v6c4aFGRCzO52s3JdOQqroFnVUE64WK2RfnpsT1j7niGQU=
');
INSERT INTO "audit_checkpoints" VALUES(20,1795461570536336,'nightbell/joqi673kzccy5br6dllallub55
20
iqeR6TGA4ZphD/KRLqQARJYILLTg1/jWvZ0is9A/Bt0=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cWanxIoMBRLbrdgs1b0Vk8R/22ytTZGVIREUmFRDN2kVFpEctiguYoHcQKKIoY1H3Wt6Dt4cz+Uri+8cFFb+twc=
');
INSERT INTO "audit_checkpoints" VALUES(25,1795465694280767,'nightbell/joqi673kzccy5br6dllallub55
25
F8aEcOeMbnj8vgDuP+Qwa2IVyTyVClPUREiR4tHf+IM=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cTAAQ+PBZu8R6KbPc8w0b6+Ijm0yClfHW6YCJCSUyUmo/pQV793iruZQFPhtkMTQc1JNrOtpjS2uMOnLXYE1TAw=
');
INSERT INTO "audit_checkpoints" VALUES(26,1795465694300197,'nightbell/joqi673kzccy5br6dllallub55
26
K8TBgHaRf+iwsJ5T8m7FmmKzaSYpcumNAjv6LPyHbsk=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cfYWsve0wJmvwFJCJ6YabUW5wygOYl2IpRZSakZjIXBq9zW/FUzsOlDEfs0L992Sa0vEX6+KJS1yzKuVuN0i6Qo=
');
INSERT INTO "audit_checkpoints" VALUES(27,1795465694314906,'nightbell/joqi673kzccy5br6dllallub55
27
9OJaWbo6yCrMDGHFge/pDZThnaDJAAo515LNTrmEEvM=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cRhgsOrcJ/v6Lha/WrjOveyN1qB2NT4hhIW0lFZGY6kNo5uYK0LqzvQ4W3HR5uKgxZZnqnroZXPuUWHL8nQPiA0=
');
INSERT INTO "audit_checkpoints" VALUES(28,1795465694315957,'nightbell/joqi673kzccy5br6dllallub55
28
gkIUhSHVuDuXZGLFlhPUfJaFDF0hY3HnJvZPduvX0/g=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cbnU5HzTImOdGJjA/bLfYIyBG3GSUEyaM8aHoh4Vo1SIWmbtZGtx4S87s4JXDzVlDyVIyMrmF4rqb2DizLE7zQU=
');
INSERT INTO "audit_checkpoints" VALUES(29,1795472396056696,'nightbell/joqi673kzccy5br6dllallub55
29
ADWC6r8b3x0aHWkUD6vOQB9IKlI5bowiG4UbUah03ZQ=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cYFWJIr2favuC4DmM0QcjQTrZ2Q0Y1DV/sNacbASf+/eilLsFM9/IAZOuZGnhxT4G8I1YlsMwdDPm048ndcaDw4=
');
INSERT INTO "audit_checkpoints" VALUES(30,1795472396057262,'nightbell/joqi673kzccy5br6dllallub55
30
t42xpsDjeN9Vkkjhx7jdKjeoHLcKP+jam/BtZYEGbIg=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cQRH8byiBxpvd4V7l0bnf+dJQR5HWKXwHKx39/vFd06ZReg6jR86gv6Dz5+ESebOu+1OEAZXNI3UZjCc43GrHQg=
');
INSERT INTO "audit_checkpoints" VALUES(31,1795472396058016,'nightbell/joqi673kzccy5br6dllallub55
31
27wlLQ0aN04Fjdoggt9v9iBD67grEpmdh744VBwtE18=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cYFkWnY1G5nd/0TDUEFi1jyRQli0t31wQEOBfyoAKcW6zUm2XS9yTxg1HkXjZBantTIZ/ptA4zTEmdRHQAZZNgM=
');
INSERT INTO "audit_checkpoints" VALUES(32,1795472396058399,'nightbell/joqi673kzccy5br6dllallub55
32
3oZYK/pZi7SQtrSpYLw/ycnAkoArByv7uWP4xFha0ho=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cWjWeiy3F1N69RFvs2AEq0A0WXf0tF7dX8Qm2YDJG3dWUvWM5kic0F+yij7McrNbSGfWY5sEnnmIz+6kEe5IXwc=
');
INSERT INTO "audit_checkpoints" VALUES(33,1795472396058858,'nightbell/joqi673kzccy5br6dllallub55
33
VIiakmJvKwdxMra1XrkIXB+SwG21LKWU5r9IzjvTHvc=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cbx3abHy2E5bmsUUMIJIxq5BttYJ1EuRfR9qLkRc8X2EVgtxMroqa9ikjmysRl7teHOxJ4yq414WJNlJzxZzdAc=
');
INSERT INTO "audit_checkpoints" VALUES(34,1795472396059287,'nightbell/joqi673kzccy5br6dllallub55
34
Ms5GRhOcnJH3jW+7Wz0z6kZ1VnySTF57hAvGJaYWgWs=

— nightbell/joqi673kzccy5br6dllallub55 6xL8caweUESm5pS7jUth6DFm/lZWom80BekoUInJf/is/zNdBI8mhqhoiaXKi0bAgUBLCByWwK1mWIFBWYFBcZtWdgQ=
');
INSERT INTO "audit_checkpoints" VALUES(35,1795472396059668,'nightbell/joqi673kzccy5br6dllallub55
35
gzP+OWMcGUwuya75GbHaK49Mf0p/sd3dZuIgkgPlM9w=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cSzu+KMPuqtY4Be6QtQTlVdZmk+knNgHTRn5O++oP7a4s2+P3QaS2H6/npDD86MsJFKdVaPvYAmCak0CIeLjEgU=
');
INSERT INTO "audit_checkpoints" VALUES(36,1795472396060064,'nightbell/joqi673kzccy5br6dllallub55
36
BkX5sEhMbfV2DBc4gskOt0eKa0YyE8gdsvxI8PYcPRw=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cVRV6HolB9tL1RpQhmw6YQR6/ccAg0E7jZy663bMEdvHF3X+5BmgXf6UA53ftwmbDwK+HrJXS5qH2UFpX7WlwAI=
');
INSERT INTO "audit_checkpoints" VALUES(37,1795472396060782,'nightbell/joqi673kzccy5br6dllallub55
37
CmxsfBC8MFDXbrYTcpG5UawmuXbGMr1Vz2nau5uzuyY=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cV+737LE9BarZAMt7kmaOWvkf1WpMSDJTMy3Ilp+A4ND3pRSf8/gn9d91pYRGhpqf65edsRqbvI94vw/96oEogU=
');
INSERT INTO "audit_checkpoints" VALUES(38,1795472396061196,'nightbell/joqi673kzccy5br6dllallub55
38
AZRE1/KEmKMvXYJUpEHd385fJbYelCPgSIRbNttqNNg=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cc0YMLqwvEzW2pJgzqh0o3ITXr0Gu/zZXDgC3M5W6g2XpzX/XscsjTX42geHXLR9dgVjG0eZCMHV5PbiXOGjBQs=
');
INSERT INTO "audit_checkpoints" VALUES(39,1795472396061652,'nightbell/joqi673kzccy5br6dllallub55
39
c8WZKmgap18Ao2DuY4bWsyBAR3cKL7GQ2XXBqWhD03I=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cVRjxAbOMpykWHW2qD62Ud6P4A8iiEGEe5h47OAWkzCKY7kHfRIaxerSOZ86kSWShrrvAMMstr6rDPCnfPvzhg4=
');
INSERT INTO "audit_checkpoints" VALUES(40,1795472396062358,'nightbell/joqi673kzccy5br6dllallub55
40
HV2Cy/8SFxNmZ4rZ3cB2JsNd5iLqieiav1Cq9fw4bZA=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cbQgSLhoAsb2Dc+QJDVb+nyRn4e4AMzmf3o8FCJWkoQwqXV4uglFJfXwtHUw7rM+NkoAmzBzTgFKeu2gkSSUhQk=
');
INSERT INTO "audit_checkpoints" VALUES(41,1795472396062721,'nightbell/joqi673kzccy5br6dllallub55
41
MJ4of7FggDsLy/07DWSuN0PZL1rZNrWq2PUnf88Xgjs=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cWB+KZWFcZpYiI5aOk4fBsq1dle7FT1zKQ/xEAUdZDpVPxCPnZEHHIob7A7ZrEwjjLITiZ+kJ1Nq00PbI2u2YwU=
');
INSERT INTO "audit_checkpoints" VALUES(42,1795472396063022,'nightbell/joqi673kzccy5br6dllallub55
42
ooQLTfdiwT30Qw1hTtV5Iv0znqqcWClsnDVdWSPOCXE=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cQgi/ZcFHi9A1bG4EPeoBCLHz9PXOOuWlLlb2KHQ+lZnYGsWXPGI2gVnLM+cw3U0SxNbGTtlj6jTpaBftoBlSAg=
');
INSERT INTO "audit_checkpoints" VALUES(43,1795484863851118,'nightbell/joqi673kzccy5br6dllallub55
43
3ancNU24mwgBq1drrPXI/uNj/H/n48vbOGEG1n6+CXM=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cWGQ9Pabe8w1Yy8F1hXoGcKYNRz976kqr6Y9Og4JupX6Bst9iRSuX7OY0A+G+Ln4kMa+FBuIbSCAkG9BDKaDpAA=
');
INSERT INTO "audit_checkpoints" VALUES(44,1795484863851533,'nightbell/joqi673kzccy5br6dllallub55
44
3JOZN2+1EUu39e6qKPLZLup6ThXS4ueit+qjzH3MPa8=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cXq75cLeIlBcZKkbB+qTeXKfGKaBtNDA980vbhnvE0LkcGaa1cWEG17AOV0MvgiNeYduVlPvdipSbzVhxiM6iQA=
');
INSERT INTO "audit_checkpoints" VALUES(45,1795484863852057,'nightbell/joqi673kzccy5br6dllallub55
45
3WW2HNkaxdcJaDFc1kp6jex636RrTQiuZFDh46GIZGc=

— nightbell/joqi673kzccy5br6dllallub55 6xL8cb2JZB17MIS46QjyZphaGhtPBQnLZ7GJ/nl74OsVveBn9f5qCwBaG+5miK4+VOGogTtIt85LSEXpIEJsfSTDUgw=
');
CREATE TABLE audit_epochs (
  epoch INTEGER NOT NULL PRIMARY KEY,
  first INTEGER NOT NULL
) STRICT;
CREATE TABLE audit_hashes (
  idx  INTEGER NOT NULL PRIMARY KEY,
  hash BLOB    NOT NULL
) STRICT;
INSERT INTO "audit_hashes" VALUES(0,X'EA678525987C4AD2DDFACE2560FD6BF802AE4F674E330D01E0271A1E74722F97');
INSERT INTO "audit_hashes" VALUES(1,X'E3DC29A467D87654FBE13C0028F3BFB7145277F3BADA4FF1C5F27EAEA131316F');
INSERT INTO "audit_hashes" VALUES(2,X'FB2B96ECA5C215490D7947107B8676ECC5C52721F1113B7E0003A1EF177777E7');
INSERT INTO "audit_hashes" VALUES(3,X'E69B45ED663E46C326EFD5C278ADDD8A4CBE92566529D9BDCEBDAAC101F6D273');
INSERT INTO "audit_hashes" VALUES(4,X'A169CB4AD35B9A4245C54469913355314E8EDD7F2FB6D9C0391EAEE75284B30D');
INSERT INTO "audit_hashes" VALUES(5,X'F79ECE72386D906D4EB48DE19B65EE07B68A7F0A1EFBC794962BBA78D9F4E798');
INSERT INTO "audit_hashes" VALUES(6,X'D74015490D6519B82A958E5E28D2D5E91D18C07F3193FEC6C217EC4EAE5ADF26');
INSERT INTO "audit_hashes" VALUES(7,X'A06244521ED8803AEC68CDB3EED777F185B18285959A52B68477AF10A3D73296');
INSERT INTO "audit_hashes" VALUES(8,X'BB52E114643A0CA500BE5A58DD8416D529E2B428E50D117341A929E76C92265E');
INSERT INTO "audit_hashes" VALUES(9,X'0D901D0A218739D9BF2384997985710BFABB54E7E7DC93257665394E1D2A9642');
INSERT INTO "audit_hashes" VALUES(10,X'4827721FB0D1DEFC84F41B24815B24152C0CCD071A63876A036CEC5B4AC8CF00');
INSERT INTO "audit_hashes" VALUES(11,X'6674720409B530EB7C9DC0F95E690270FC46E8A2F3041AA3CF35289363AB39DA');
INSERT INTO "audit_hashes" VALUES(12,X'DA9AB2A3D96BFC664DDB0815CCD527C4EDE5A17B33D6FD7AEF637403B2B18358');
INSERT INTO "audit_hashes" VALUES(13,X'E7D767FAA25C5A60D86654B0D3927B662DC3ED0C6883D5546266582CFAD32D0A');
INSERT INTO "audit_hashes" VALUES(14,X'06CBF45C76423107260F4AD0B2BFF27995FCDCBC7940DF65817CBC5D48B5F8D1');
INSERT INTO "audit_hashes" VALUES(15,X'2E25861CEAF3E06D0B6AAC20E36B43A8B5C38633FBCFAF240D9149F71738CA6B');
INSERT INTO "audit_hashes" VALUES(16,X'6FDBD57DA6B3F35E2B13A0172AA24CE2F5F4BDA1D5FB96B23DDF17123E17FD22');
INSERT INTO "audit_hashes" VALUES(17,X'EFE7421CE39359D0507F41636236828440F48331BBE028383FBFF67C5CC0196E');
INSERT INTO "audit_hashes" VALUES(18,X'E57A681913188C55734CBD1AF7CADA8D33276A9D958884B9C4A0A62AC03D4E5D');
INSERT INTO "audit_hashes" VALUES(19,X'B99550F98B4620C5BE9FD0DAB214E022EA61878E15A450A7D7DBA3C063218F63');
INSERT INTO "audit_hashes" VALUES(20,X'C3191C162391E2CDD923D980977C055D0787B7A5076212BAD9BF9C6413F9B930');
INSERT INTO "audit_hashes" VALUES(21,X'04FE023C3D22B3AF594BC113A4BAE51F53B93000414E8F82FB75A08E160D29CA');
INSERT INTO "audit_hashes" VALUES(22,X'5830E1030939F2CDB262896447F99211FA47196752A2C841EB91115657CFF496');
INSERT INTO "audit_hashes" VALUES(23,X'36F0700DA51FCA7BF0C5F751C7D80758E9E37E0477D362D56D597DCE972029E0');
INSERT INTO "audit_hashes" VALUES(24,X'A79B419461DCCEC9DE1B8669A655F450461519B2F972AE84C64B369368399307');
INSERT INTO "audit_hashes" VALUES(25,X'5E73640D5FA70F1425E89749A8E2CCBF019C495079FF5ADB945124CF06AD4476');
INSERT INTO "audit_hashes" VALUES(26,X'8E38F2D21F2DD4DA02E4A4C2DD7FBF8F58E09D92E1C5DF49E172F3C197372645');
INSERT INTO "audit_hashes" VALUES(27,X'4B6072EAED092AA805B131AAAA6554B137F6D9EC23A8021783D392CF47D5D471');
INSERT INTO "audit_hashes" VALUES(28,X'D56D4378771D3EB7E5112A82B56B24CDA4C2754EFD12724772D363E640B0E9F3');
INSERT INTO "audit_hashes" VALUES(29,X'61934DA851AD348F02E8A2A9BFD9EB9784030CB798B9F8DF88D3F8E8037F38C6');
INSERT INTO "audit_hashes" VALUES(30,X'3A2071A401B68E1769EAA9DEEAFC3797B31C6D0265C518F252CB6203B1C60864');
INSERT INTO "audit_hashes" VALUES(31,X'46E1DAFC9CED72D7CCC979592CA653DF795F3A66A7E5D8272DD50154FD76EC91');
INSERT INTO "audit_hashes" VALUES(32,X'24CBEDFEA13DAE10AD4D2C72A9AECF22D56D32CA03BC9E4D39E12826226007B2');
INSERT INTO "audit_hashes" VALUES(33,X'15BF34CABF62E07CD00BF0414BADC1B20FAE4DB09FF33F60D2630C6D62A720BC');
INSERT INTO "audit_hashes" VALUES(34,X'B16F23C6BE23B75EEB97A700DB8E1A2BEC1DC30D53C90D0033730588DA2F2EA7');
INSERT INTO "audit_hashes" VALUES(35,X'0D01481116261EC1858796E8A2C0274B61945B39019F087920589D148D134F4A');
INSERT INTO "audit_hashes" VALUES(36,X'CC5E87A50E9B9BFC0740E38B2B7F463FA9BE89897D15F7E2F9F4E34F943AEAF6');
INSERT INTO "audit_hashes" VALUES(37,X'82E90AA1CA83A33A4C219AC30EFB8500F04ED75252E3BAD4E1796A4ACFDE6147');
INSERT INTO "audit_hashes" VALUES(38,X'D6CD4FDDFC3DCE7A35C63432A374027DE53565147E720E433AD53B5DA3D4E114');
INSERT INTO "audit_hashes" VALUES(39,X'6C162288D5952A731D38BCF4BF15EE1F17A470EB9C0A538B6438BB18D0DA9AF7');
INSERT INTO "audit_hashes" VALUES(40,X'BA022F73120A60DE0C36AAFF5AF12E3747B92F245EA3DBA23E02FDB99DEAAFA5');
INSERT INTO "audit_hashes" VALUES(41,X'B01D4083AB3FE7F273DCE1062046160604C5317DF4F212589FF410882804F48E');
INSERT INTO "audit_hashes" VALUES(42,X'38EEB27D27DDF7548C497A0B84C4A78337E6FEFA0C219C46E0A71675A6F0CE77');
INSERT INTO "audit_hashes" VALUES(43,X'43CC7686B813B278A2CB6906696ABA0BB6EA123CC893ABAFB2BF27F9B208C05E');
INSERT INTO "audit_hashes" VALUES(44,X'2B7E7F9302E3DA5858071CFBF30D44A9FB552C0EB5082DBA1935D21A10C74B85');
INSERT INTO "audit_hashes" VALUES(45,X'E1048B7B312BF22D06336746691F3A929DDB6688672FAC961A0987CD33C2F54D');
INSERT INTO "audit_hashes" VALUES(46,X'1F7433042A193815296FE9B3A53F60237FE6C9038EC45A9833276F2DB9FF64D8');
INSERT INTO "audit_hashes" VALUES(47,X'04354B9AD6AFD897C3002473142B94E4F1B36B57EB4AD52CE21157154DA0CDB9');
INSERT INTO "audit_hashes" VALUES(48,X'203D2F4F2CF74815E934AB8B6F7A5B6602D476E70CD2FD7C7EC3FC2185E7C94C');
INSERT INTO "audit_hashes" VALUES(49,X'EEDE3DD75E0A8AEE4186141F5617AEA3D28B2B0B863A9045D5A342B152CF3928');
INSERT INTO "audit_hashes" VALUES(50,X'EBBF886B54C1ECCB5BF0482964B48BDD8A7B589BD83F23018111B335975ABAEB');
INSERT INTO "audit_hashes" VALUES(51,X'C952ED9CD9415FEA61174B46AF224256BC784E77D5C997CD3A620D8E78D090BB');
INSERT INTO "audit_hashes" VALUES(52,X'D8DC85B6F342F96968C383E5377EB9DDB0AA86310506BCA5B0141A3D9720402E');
INSERT INTO "audit_hashes" VALUES(53,X'9AEF2C0F11209E38DABE61BE6EC0C0DDBB21E7B7E1C9C0328B4DEEA4C414D50C');
INSERT INTO "audit_hashes" VALUES(54,X'10CDA84FC5F2601C753AC839DD6BFFFAEF71A162D619D35BCBDF9EA55332F66C');
INSERT INTO "audit_hashes" VALUES(55,X'4750BAA8E56B0C7CB0D912E1E510649548E3524C88AFF47654C44EAA8C93C826');
INSERT INTO "audit_hashes" VALUES(56,X'70031EFF7B5BEA60CBD07F371B2111B67AF479C368372BC0F2C9A57C24C7AAA6');
INSERT INTO "audit_hashes" VALUES(57,X'3181462609F0E29C133AEFE7C3FA8B4B27D73800763266120F4319DF6F4D134B');
INSERT INTO "audit_hashes" VALUES(58,X'FA3261F25D09211A1A8E1130B16D50229F29F7EB0BED10614C8A6DA5A8076677');
INSERT INTO "audit_hashes" VALUES(59,X'DBD03887C10460F3D0796B1C941BFD1E962BE954615F5E762DD055EF064812E6');
INSERT INTO "audit_hashes" VALUES(60,X'18E58EF559E2D4ADC32E00A8F4573EA99FA01C418F2F8D550EBA0C624E0CEC24');
INSERT INTO "audit_hashes" VALUES(61,X'8C651B54652FE67DEB88EB9BA926892D3C2354F90B9C05389F3B1E2B1DA8E97F');
INSERT INTO "audit_hashes" VALUES(62,X'DE86582BFA598BB490B6B4A960BC3FC9C9C092802B072BFBB963F8C4585AD21A');
INSERT INTO "audit_hashes" VALUES(63,X'CB48A3928C15B6BEA0CD69B2B99EDA5A0A28578072FF55FC4304EE9DEFEC6FA8');
INSERT INTO "audit_hashes" VALUES(64,X'8946832D854B732079827352869DE02CF093789C117020931979EBFB24B3DF6F');
INSERT INTO "audit_hashes" VALUES(65,X'C7AF46D1E30B440B65A5C7B8F09B14C69546094151C01B529BB877BE2B2FA25B');
INSERT INTO "audit_hashes" VALUES(66,X'701D97BA23984E0F27E80B37EA688C1748675976C2927AD67360802F6BF99B6B');
INSERT INTO "audit_hashes" VALUES(67,X'DBE4C9B9E6731A7FDA3F1BC58E6FE5EE3A29EEC0A7CD74668BF01E0E1E9B2BA5');
INSERT INTO "audit_hashes" VALUES(68,X'7353599DADAF9380331EC2432E1F9D3D4A806A809707AABEADC898BBD9FED6DA');
INSERT INTO "audit_hashes" VALUES(69,X'E2CF977B7EC4E65B51D652EF43EE740ECC35DE126D2938BA64FA84A16915E4A9');
INSERT INTO "audit_hashes" VALUES(70,X'0E6982EA4500EE950441B7028B58B853A16A75B99D9BDAC7A2F25055FE3F76D9');
INSERT INTO "audit_hashes" VALUES(71,X'31CF9151B24E55EF39D6EDF6EE75948752D2D0024F9FF6DFCFDFAE035BAEFC4C');
INSERT INTO "audit_hashes" VALUES(72,X'85E95F34F777A8908A6CA35144D2CC79EB6767FD236ECF47FCF4A130BDFFEDC4');
INSERT INTO "audit_hashes" VALUES(73,X'1ACD15C8AE3B9DDA911ABEC4686061920BBE83235152791C33F1F4E3BC0CE976');
INSERT INTO "audit_hashes" VALUES(74,X'3A3311A0350F50C540ED9E162D6552A7A5CE0AC6F95FB622F7802725AFA6EB2C');
INSERT INTO "audit_hashes" VALUES(75,X'F9E32EAA02C922945AC9AB5028480E322314F535D0AF67A9697C6CE4D620CBB3');
INSERT INTO "audit_hashes" VALUES(76,X'93900AA30F4FFFA72963EE269CF4D65CA6D2A9855970C25BB8E4E9838568BB98');
INSERT INTO "audit_hashes" VALUES(77,X'8545E2A574C72346D0D98BBCD98073D63443AE0260116A626A83E6049D1F9592');
INSERT INTO "audit_hashes" VALUES(78,X'3D687838B216D54E833CBF3B4EC9A4FC1AD42054429F38F274A3F4A02EC2982F');
INSERT INTO "audit_hashes" VALUES(79,X'72AE037B8C62385C38E825006E0496ED1E2203A5E9084AF399462DDA7525D4F2');
INSERT INTO "audit_hashes" VALUES(80,X'A2B9DEE2ECDDC780C4E0F075E7035805508D4CEEEA20CBEA7C4B9F1AF8C1CE79');
INSERT INTO "audit_hashes" VALUES(81,X'F6F5FBD48636702881A64BE84FA575ACB3527E6529BBA4E50CE6BB6ACB409772');
INSERT INTO "audit_hashes" VALUES(82,X'480BCC0B2F25C663451930A7A6F751E3E9944957E561457746B48B97D42E5B7E');
INSERT INTO "audit_hashes" VALUES(83,X'3C481E9BFDE07955202E06C67C444F2F38FE166CB09E8C6F14956EC9D8B09BC5');
INSERT INTO "audit_hashes" VALUES(84,X'F816A408FC6402E3AA2BD64B94F699C344B7F5578A5C23BCB396000F5C554886');
INSERT INTO "audit_hashes" VALUES(85,X'42C4885CA2E5C0048330F68DE9A595FF9D8471B5715B2F0DA89CEA2AB3762BDE');
CREATE TABLE audit_keys (
  version   INTEGER NOT NULL PRIMARY KEY,
  made      INTEGER NOT NULL,
  body_cell BLOB    NOT NULL
) STRICT;
INSERT INTO "audit_keys" VALUES(1,1795472396055677,X'D9D18A533AFF18849E913A8324E217F0B7CD7628A45093826D48CC0B6B9BE1AECC1276210FC34FCC1E4196E446113E2B3E44E1A864AF354B7BD0235E4881FDCDFE3C07D4B66C2CBD6DD93EE1FD57206132C02FC2256BC0EEF59EE753B5F5D2E57280B1FE48484A31C4FD60A762DC7AA8E243905315D386F3C78392A1039B');
CREATE TABLE audit_leaves (
  seq         INTEGER NOT NULL PRIMARY KEY,
  at          INTEGER NOT NULL,
  action      TEXT    NOT NULL,
  object      TEXT    NOT NULL,
  clinic      TEXT    NOT NULL,
  actor       TEXT    NOT NULL,
  correlation TEXT    NOT NULL,
  leaf        TEXT    NOT NULL
) STRICT;
INSERT INTO "audit_leaves" VALUES(0,1795461570403060,'key.created','key:fields/1','','nightbell','','{"action":"key.created","actor":{"id":"nightbell","type":"system"},"facts":{"purpose":"fields","version":"1"},"object":"key:fields/1","outcome":"done","seq":0,"time":"2026-11-23T19:19:30.403060Z","v":1}');
INSERT INTO "audit_leaves" VALUES(1,1795461570404473,'clinic.changed','clinic:elm','elm','amy','','{"action":"clinic.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","detail":"8/MaM0+39sCpBXtypKkaknKpMPkaqPJ26XhMEJrYmi9Bam03LcyApEBdvQM7TjKD4BBqE70DHbQnD8q3izrF7aZ/BIrBX4NonOksDncG6L5uYitzd+djOBy1bTzGekEIOrw+T3Oyiwifk6/n0/2XUbF3KOEJEihAkHI68c3myvp4nW9cdTLsdaDyTnyaOnjfG1JhXy04JmVHVRXLzwjawYlS4LzetkR6ZQlUia4YmpO3mdC8n2TqiifV38+22pTN6w6qeuKYlYMIs/FBYGD5ZDq/ET5QgLAxSyGs1LmFd20VK91XXhcqzhvXMFZBSVOkW4SG5Gq41H6V4wwNoqt4SyZyvZh4Frr38mwJAs+n3x9GK/hBWaEJLvGT47jHOBO41mQiN56E7n8IQIB83373vydI8kErYjY7/0mh8GfVjBFOXz/+fSOMizhOxt6AQwQ1MIUmHG91371CXFaoSPtIWSV9knhxJ53RfK+kDWDk5PfeXQ0xpHjXqZZV8KTIlNoyms9FHLtggWPs8eSGL9n8svqZ","facts":{"change":"added"},"object":"clinic:elm","outcome":"done","seq":1,"time":"2026-11-23T19:19:30.404473Z","v":1}');
INSERT INTO "audit_leaves" VALUES(2,1795461570404508,'clinic.changed','clinic:oak','oak','amy','','{"action":"clinic.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"oak","detail":"yO4uOUiCUskJA7xc50iOusLfT2vFCFC/GrYmweE5UA3zcXTaMn2aumPrgf4x5LhUirKr86RtMbTEhrr8eDIs1aU6LGFy+jBn7Jf4nXxyi84JGXkdLr2HoHPCHMmGDd/2COqXObM3DrvZ1jhczV98i2aD3BcXEF6PQhLaEitvCio24tuBSooj9D/+DiHuMS54NoT4oEWDzaG7ucK/eJtiOwRMaYSTLfgmLXGO50QZBk67Z7BD8lImV5MCgw4V/q5g5Ac5ldvBnk2fEusGBDlxrvNWgI7y29CPS8GYowY90LrGMeHesLZOppIu/2m1sW6s3BYEaCV0Rj3j42dhDQf+iR6HRcc=","facts":{"change":"added"},"object":"clinic:oak","outcome":"done","seq":2,"time":"2026-11-23T19:19:30.404508Z","v":1}');
INSERT INTO "audit_leaves" VALUES(3,1795461570404595,'trunk.changed','trunk:carrier','','amy','','{"action":"trunk.changed","actor":{"id":"amy","role":"admin","type":"person"},"detail":"v9EeG4UVbgU42GY5b0jO3FTMoZX6bgRl6IQlmYQbbcwusD2eL5tjFpOOsCPVAVRu3t4VuO87IhkBU+/8pv57NNFDW9E7xHLXtmzMcNtxPeGcjXPg4piPMKJYxXGhoO7SCQGkjwb9okXfqIJwb5ba3450ZoyPz1rf+zgGr5jhJ4N3jaVN8JRw7lZtAQ7QN1c1n8nJUwrGg7pA1uPc5ZVPdUGPYWXxfSIlMqzJx47xQC7FGN/RMpwNDajQaUNt6wuDfte23Ia7GWKWfvQ8LsCREWIF5Vfs4wIwVcpMtqYFDwdbMm2DjDDQduC+AffUXD8ctdJ0Qa6mX7YTjMEgC69Vh8YT2w4f9KbsEM15Iat1vwsXTZL+H020WpnKVBqO/Q==","facts":{"change":"added"},"object":"trunk:carrier","outcome":"done","seq":3,"time":"2026-11-23T19:19:30.404595Z","v":1}');
INSERT INTO "audit_leaves" VALUES(4,1795461570404702,'person.changed','person:amy','','amy','','{"action":"person.changed","actor":{"id":"amy","role":"admin","type":"person"},"detail":"9bB6EvIFgV09sDiNTqiGy/H8WtPQ+TYl+4kjZUp89q10AAoRPpWTIPorPzA7ut3EO8JS12UACPSu8tt/u6tuij9fZNy0P/3RO7VyFWKSI3FHXvGyr+YkIbSc5EAVbKQSQKqDo5u0RjPZN0d6p+nHzy6vpc4QW9CRo530Z3dU2g==","facts":{"change":"added"},"object":"person:amy","outcome":"done","seq":4,"time":"2026-11-23T19:19:30.404702Z","v":1}');
INSERT INTO "audit_leaves" VALUES(5,1795461570404723,'person.changed','person:wu','','amy','','{"action":"person.changed","actor":{"id":"amy","role":"admin","type":"person"},"detail":"tuenv3lc1r6LFWOjbRL6iEF2qRZOqSXiYoighOmSX7j7/zYOqj3t5BK9NucMiLz0U/Vler1f2R3rWmIV91aw9wl3oMb6mb17+q1HKJVt2DvlFX46vVKoMJHkyyBwZrPdgmjkmjobkz4KawZRZ1ipIATppgdyNVu4XCBfCQINoIJesdzM+XoM2PvgICqR","facts":{"change":"added"},"object":"person:wu","outcome":"done","seq":5,"time":"2026-11-23T19:19:30.404723Z","v":1}');
INSERT INTO "audit_leaves" VALUES(6,1795461570404779,'device.changed','device:amy-desk','','amy','','{"action":"device.changed","actor":{"id":"amy","role":"admin","type":"person"},"detail":"gNMhMV5oQfZut31fEXFtvp60F5gJ3ysHT+InhkK3YSBJZR1bWMtPutkljQGAQezOG8XkmorM4o0NU328CJXUfCA8tTu0Tpt36V9uvWGnOdelZwok9dWwAe8OuJieQYUsQBbwtvH+nisQOTBU","facts":{"change":"added"},"object":"device:amy-desk","outcome":"done","seq":6,"time":"2026-11-23T19:19:30.404779Z","v":1}');
INSERT INTO "audit_leaves" VALUES(7,1795461570404815,'number.changed','number:+12125550100','elm','amy','','{"action":"number.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","detail":"xOyJPXLUwVDbH4/OqTDKZ1w25Cep9jMw+9j8uuK9go24ysl1e/BOdJvdgw7rIM0cZl5SUFGDxWu9yqVVZNvYYy7PrLyQepILkbHRVLHOlibiNBqNWf18yh2Q18kJP5Z83DzEfAZ6DXwc+fX43HY=","facts":{"change":"added"},"object":"number:+12125550100","outcome":"done","seq":7,"time":"2026-11-23T19:19:30.404815Z","v":1}');
INSERT INTO "audit_leaves" VALUES(8,1795461570404845,'number.changed','number:200','oak','amy','','{"action":"number.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"oak","detail":"GK51gsbCebPR2kYiXHhsLvD6JGkgjCA8Dp4MWnQJVHbMjtQlTsDkkGdVRnAQA54l9LXk2nllTZIsf6bqHlDOWHqQw8KIf9FkkHE92c/UDYPdNrt5GKFjn/kamw1jvTgrKicw+V0QxNGO4h/Wg8lGfE+k9GSl6JE=","facts":{"change":"added"},"object":"number:200","outcome":"done","seq":8,"time":"2026-11-23T19:19:30.404845Z","v":1}');
INSERT INTO "audit_leaves" VALUES(9,1795461570405069,'schedule.changed','schedule:agents','elm','amy','','{"action":"schedule.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","detail":"RdER4xHsAjbyKT3lzeX9h8/SbZw55i7KlKC2buH14osmxkz91kojfQIxZteKgF259c65x93R/z3mEQDcP/8txX0UsSotarHdjCIC5zD09u/zazc0GxvFdlqND3KDXPcnWxok7Jk9S904wtnRjuV1HyGJYPc5K3FdFcID6/K3zCJzSoCsa9BQsnp6c6FG0JVhHCVJCVX7bwihiHZ/3OwBOOIeCU6n9jPl0tZMEbia8JAP6XhPeyfqW5sBQSDOUXWhW2VaX8xjQNkYzWZLAzTw7tXr3mbSV69dxPwb40R1Z+O8VbTWX8cw8evWcsPyDa4Je3V6vqaNWUVifzNm8A9uxb815//K7kcBxML+uaW88lIsiELCCyUDgOscvIVfLFc/dZN7D/Pw2vQHM70RAdOEHHQgCyruwJu4tG8rCoWV11qbK9VpUvhlOIjWo28r7BB1tr0mpcCHVAr9smrvkQDlyibvPeVC49N4dAwP7DZdMfeHQ5paHptRqQIQpWB+ROZDK2GkQVW84uSf5sYcvb19E3agB+432otHSKdNjipgK8/BpiKsCi/xPLNEy63Vg8nmaGeRmMbEES5Pj9bPjjtgMdzhuwTv1Ub/yaBQ6XayfwX4tw1qyrKIfTCNPc5hjR8MyQu+3jr0","facts":{"change":"added"},"object":"schedule:agents","outcome":"done","seq":9,"time":"2026-11-23T19:19:30.405069Z","v":1}');
INSERT INTO "audit_leaves" VALUES(10,1795461570405114,'catch_all.changed','clinic:elm','elm','amy','','{"action":"catch_all.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","detail":"RvNmRIfe+39Yg2Ql7fhRVKaST3ysD9JbNuu4sbUWhjrPK0YzkQ4rTuVE7g==","facts":{"change":"changed"},"object":"clinic:elm","outcome":"done","seq":10,"time":"2026-11-23T19:19:30.405114Z","v":1}');
INSERT INTO "audit_leaves" VALUES(11,1795461570405410,'book.applied','book:b1','','amy','','{"action":"book.applied","actor":{"id":"amy","role":"admin","type":"person"},"facts":{"after":"b1","before":"b0","clinic":"3","device":"1","number":"2","person":"2","schedule":"1","trunk":"1"},"object":"book:b1","outcome":"done","seq":11,"time":"2026-11-23T19:19:30.405410Z","v":1}');
INSERT INTO "audit_leaves" VALUES(12,1795461570524502,'device.enrolled','device:amy-desk','','amy','','{"action":"device.enrolled","actor":{"id":"amy","role":"admin","type":"person"},"facts":{"person":"amy"},"object":"device:amy-desk","outcome":"done","seq":12,"time":"2026-11-23T19:19:30.524502Z","v":1}');
INSERT INTO "audit_leaves" VALUES(13,1795461570525295,'book.applied','book:b2','','amy','','{"action":"book.applied","actor":{"id":"amy","role":"admin","type":"person"},"facts":{"after":"b2","before":"b1","device":"1"},"object":"book:b2","outcome":"done","seq":13,"time":"2026-11-23T19:19:30.525295Z","v":1}');
INSERT INTO "audit_leaves" VALUES(14,1795402800000000,'call.arrived','call:c1','','carrier','c1','{"action":"call.arrived","actor":{"id":"carrier","type":"trunk"},"correlation":"c1","facts":{"trunk":"carrier"},"object":"call:c1","outcome":"done","seq":14,"time":"2026-11-23T03:00:00.000000Z","v":1}');
INSERT INTO "audit_leaves" VALUES(15,1795402800000000,'call.routed','call:c1','elm','nightbell','c1','{"action":"call.routed","actor":{"id":"nightbell","type":"system"},"clinic":"elm","correlation":"c1","facts":{"clinic":"elm","version":"b1"},"object":"call:c1","outcome":"done","seq":15,"time":"2026-11-23T03:00:00.000000Z","v":1}');
INSERT INTO "audit_leaves" VALUES(16,1795402805000000,'call.answered','call:c1','','amy-desk','c1','{"action":"call.answered","actor":{"id":"amy-desk","type":"device"},"correlation":"c1","object":"call:c1","outcome":"done","seq":16,"time":"2026-11-23T03:00:05.000000Z","v":1}');
INSERT INTO "audit_leaves" VALUES(17,1795402860000000,'call.ended','call:c1','elm','nightbell','c1','{"action":"call.ended","actor":{"id":"nightbell","type":"system"},"clinic":"elm","correlation":"c1","facts":{"by":"caller","outcome":"completed","recording":"r1","rules":"b1","served":"true"},"object":"call:c1","outcome":"done","seq":17,"time":"2026-11-23T03:01:00.000000Z","v":1}');
INSERT INTO "audit_leaves" VALUES(18,1795461570527657,'recording.opened','recording:4337vj6kntd6rnml4bh3tq7cv5','elm','nightbell','c1','{"action":"recording.opened","actor":{"id":"nightbell","type":"system"},"clinic":"elm","correlation":"c1","facts":{"file_id":"01010101010101010101010101010101","key_version":"1","part":"1"},"object":"recording:4337vj6kntd6rnml4bh3tq7cv5","outcome":"done","seq":18,"time":"2026-11-23T19:19:30.527657Z","v":1}');
INSERT INTO "audit_leaves" VALUES(19,1795461570536224,'recording.started','recording:4337vj6kntd6rnml4bh3tq7cv5','elm','nightbell','c1','{"action":"recording.started","actor":{"id":"nightbell","type":"system"},"clinic":"elm","correlation":"c1","facts":{"file_id":"01010101010101010101010101010101","part":"1"},"object":"recording:4337vj6kntd6rnml4bh3tq7cv5","outcome":"done","seq":19,"time":"2026-11-23T19:19:30.536224Z","v":1}');
INSERT INTO "audit_leaves" VALUES(20,1795465694279409,'schedule.changed','schedule:agents','elm','amy','req-1','{"action":"schedule.changed","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","correlation":"req-1","detail":"eswZg/qQCr+qhbe8wfHol56W69NAGMxf9yuKc9UgRG0kuzdW1MsWbjcWAsU30fyk3m/rRsI8jQukOypULydcBh7vuoe/L8dxEpv7jVllauXi8LBUQMZaxa/5OeE8kMzscW9AXUPkFSXS4/TjgcgOyyccC3r/Bb2nAhOjkhQGEErXr4AmmbtV4Fn7nZWeTNt0fi4bg6nYPg8cz/fQRF8PVnJPPqcNF+21Z2UQwf8Za0IMA0iR5OApXpqc/xKEbKnDGvm4e29+zrlFblkB1fJCAlK7sFoupzdVcuEjtNTF6oxPDUspOCOE/bDBBW9zNxH8x9uraplDbUNuKErre46An72/YAHtCChWAvzRGogHDozjxG0cjGt+r5JJqGU4nJ19wZm/jsjjVnR/catRYc4a8EBwwYjxj8G1KcxNd0xgG0WUOT5FtaGkFO6YVxtI8frvwKVO67AkXEHGiRttOcVXmaKg5Bl+YLtGz6Qh5bUpes+gm+Edcvaqjh6vxpgbGReWwi1fMUZJaLLih46p/eNwRHXML8c=","facts":{"change":"changed"},"object":"schedule:agents","outcome":"done","reason":"cover","seq":20,"time":"2026-11-23T20:28:14.279409Z","v":1}');
INSERT INTO "audit_leaves" VALUES(21,1795465694279647,'people.edited','edits:people','','amy','req-1','{"action":"people.edited","actor":{"id":"amy","role":"admin","type":"person"},"correlation":"req-1","detail":"NwU3G90NLnO/YLesJytCzTAdvM3Y0/KWfFydrDT0Jd4dSWlDsWuQl+uttBTvP3JcVp+1W7BXR5J7gzj1AtrfMaMUwTTzCcVeCfaTdnyV+3VD2oeVTJwJwK5oD5ioWTmBK4WmUBVwUYp7W+VTUcAydpGCofviUh8OPiFA+QgBChgrAha3r27/3d2a84YRleVWnQy96M/cw5zePIuCKiXkrMgHiXn6KarIsVCOTiajcsVMXIPYUYIHym0/Na6+r8mYd4C1xyOWhToWxJtjULPt6cArM5osQk0L02tzdDkO1IktSHNbNCtAN7Sw/o/E74sk+fVs1uFMUSQbUEZV5hbcar2x3ZFTsooqHMjc23dZzvBGeJ3kaKBkOHSgLEWRNN5meFclwUQm2dqGdLy5c+Yh9Vo/KmPCr58SEgnTpn4sxD949GIFF5elXYD/kiwhCAI6h1fYo+RcVigF9IMfdGsb5N/puSewW4qKpiHWnli91X3Szw8MPr0QbK2czC/k2OminwXlinC/9YD7iafBXj8=","facts":{"change":"changed"},"object":"edits:people","outcome":"done","reason":"cover","seq":21,"time":"2026-11-23T20:28:14.279647Z","v":1}');
INSERT INTO "audit_leaves" VALUES(22,1795465694280260,'book.applied','book:b3','','amy','req-1','{"action":"book.applied","actor":{"id":"amy","role":"admin","type":"person"},"correlation":"req-1","facts":{"after":"b3","before":"b2","edits":"1","schedule":"1"},"object":"book:b3","outcome":"done","reason":"cover","seq":22,"time":"2026-11-23T20:28:14.280260Z","v":1}');
INSERT INTO "audit_leaves" VALUES(23,1795465694280467,'gap.acknowledged','schedule:agents','','amy','req-1','{"action":"gap.acknowledged","actor":{"id":"amy","role":"admin","type":"person"},"correlation":"req-1","facts":{"from":"2026-11-23T12:00:00Z","severity":"next_tier","to":"2026-11-23T13:00:00Z"},"object":"schedule:agents","outcome":"done","reason":"cover","seq":23,"time":"2026-11-23T20:28:14.280467Z","v":1}');
INSERT INTO "audit_leaves" VALUES(24,1795465694280632,'offer.made','offer:of1','','amy','offer:of1','{"action":"offer.made","actor":{"id":"amy","role":"admin","type":"person"},"correlation":"offer:of1","facts":{"after":"open","from":"amy","kind":"pool","schedule":"agents"},"object":"offer:of1","outcome":"done","seq":24,"time":"2026-11-23T20:28:14.280632Z","v":1}');
INSERT INTO "audit_leaves" VALUES(25,1795465694299662,'feed.created','feed:vl6ot2sop7w2oido54iimvjxtg','','amy','','{"action":"feed.created","actor":{"id":"amy","role":"admin","type":"person"},"facts":{"kind":"person","subject":"wu"},"object":"feed:vl6ot2sop7w2oido54iimvjxtg","outcome":"done","seq":25,"time":"2026-11-23T20:28:14.299662Z","v":1}');
INSERT INTO "audit_leaves" VALUES(26,1795465694314716,'ladder.began','ladder:l1','','amy','message:m1','{"action":"ladder.began","actor":{"id":"amy","role":"admin","type":"person"},"correlation":"message:m1","facts":{"due":"2026-11-23T12:00:00Z","kind":"message","state":"climbing"},"object":"ladder:l1","outcome":"done","seq":26,"time":"2026-11-23T20:28:14.314716Z","v":1}');
INSERT INTO "audit_leaves" VALUES(27,1795465694315900,'gap.began','schedule:agents','elm','nightbell','','{"action":"gap.began","actor":{"id":"nightbell","type":"system"},"clinic":"elm","facts":{"from":"2026-11-23T12:00:00Z","severity":"next_tier","state":"began","to":"2026-11-23T13:00:00Z"},"object":"schedule:agents","outcome":"done","seq":27,"time":"2026-11-23T20:28:14.315900Z","v":1}');
INSERT INTO "audit_leaves" VALUES(28,1795472396056537,'person.invited','person:amy','','root','','{"action":"person.invited","actor":{"id":"root","type":"operator"},"facts":{"expires":"2026-11-26T22:19:56Z","invitation":"ncckek565ldpskbigu7urusl3g"},"object":"person:amy","outcome":"done","seq":28,"time":"2026-11-23T22:19:56.056537Z","v":1}');
INSERT INTO "audit_leaves" VALUES(29,1795472396057220,'invitation.used','person:amy','','amy','','{"action":"invitation.used","actor":{"id":"amy","type":"person"},"facts":{"invitation":"ncckek565ldpskbigu7urusl3g"},"object":"person:amy","outcome":"done","seq":29,"time":"2026-11-23T22:19:56.057220Z","v":1}');
INSERT INTO "audit_leaves" VALUES(30,1795472396057979,'login.made','login:fyldw2b7foo5v4f765xct3i7xd','','amy','','{"action":"login.made","actor":{"id":"amy","type":"person"},"facts":{"factor":"totp","person":"amy"},"object":"login:fyldw2b7foo5v4f765xct3i7xd","outcome":"done","seq":30,"time":"2026-11-23T22:19:56.057979Z","v":1}');
INSERT INTO "audit_leaves" VALUES(31,1795472396058336,'token.created','token:tafdt52d4z4tjkmye7vdaior3u','','amy','','{"action":"token.created","actor":{"id":"amy","type":"person"},"facts":{"name":"hers","scopes":"calls"},"object":"token:tafdt52d4z4tjkmye7vdaior3u","outcome":"done","seq":31,"time":"2026-11-23T22:19:56.058336Z","v":1}');
INSERT INTO "audit_leaves" VALUES(32,1795472396058824,'proposal.made','proposal:proposal1','','amy','','{"action":"proposal.made","actor":{"id":"amy","type":"person"},"facts":{"by":"bo","kind":"grant","state":"open","subject":"amy"},"object":"proposal:proposal1","outcome":"done","seq":32,"time":"2026-11-23T22:19:56.058824Z","v":1}');
INSERT INTO "audit_leaves" VALUES(33,1795472396059249,'factor.added','person:amy','','amy','','{"action":"factor.added","actor":{"id":"amy","type":"person"},"facts":{"factor":"uwss54kjao2ylop4e6b6zmp7gc","kind":"totp"},"object":"person:amy","outcome":"done","seq":33,"time":"2026-11-23T22:19:56.059249Z","v":1}');
INSERT INTO "audit_leaves" VALUES(34,1795472396059631,'factor.added','person:amy','','amy','','{"action":"factor.added","actor":{"id":"amy","type":"person"},"facts":{"factor":"kyfyndnrusy3n74gobaat3mfr3","kind":"passkey"},"object":"person:amy","outcome":"done","seq":34,"time":"2026-11-23T22:19:56.059631Z","v":1}');
INSERT INTO "audit_leaves" VALUES(35,1795472396060025,'recovery_codes.made','person:amy','','amy','','{"action":"recovery_codes.made","actor":{"id":"amy","type":"person"},"object":"person:amy","outcome":"done","seq":35,"time":"2026-11-23T22:19:56.060025Z","v":1}');
INSERT INTO "audit_leaves" VALUES(36,1795472396060745,'grant.given','person:amy','','root','','{"action":"grant.given","actor":{"id":"root","type":"operator"},"facts":{"approved_by":"cy","clinics":"elm","grant":"z5nqxke4pvob7roxbs4yonmzkz","proposed_by":"bo","role":"agent"},"object":"person:amy","outcome":"done","seq":36,"time":"2026-11-23T22:19:56.060745Z","v":1}');
INSERT INTO "audit_leaves" VALUES(37,1795472396061157,'person.invited','person:wu','','root','','{"action":"person.invited","actor":{"id":"root","type":"operator"},"facts":{"expires":"2036-01-01T00:00:00Z","invitation":"c7niftzbuyqgf7duwq4xpcb3vm"},"object":"person:wu","outcome":"done","seq":37,"time":"2026-11-23T22:19:56.061157Z","v":1}');
INSERT INTO "audit_leaves" VALUES(38,1795472396061617,'agent.ready','person:amy','','amy','','{"action":"agent.ready","actor":{"id":"amy","type":"person"},"facts":{"device":"amy-desk","login":"fyldw2b7foo5v4f765xct3i7xd","until":"2026-11-24T10:19:56Z"},"object":"person:amy","outcome":"done","seq":38,"time":"2026-11-23T22:19:56.061617Z","v":1}');
INSERT INTO "audit_leaves" VALUES(39,1795472396062316,'proposal.decided','proposal:proposal1','','root','','{"action":"proposal.decided","actor":{"id":"root","type":"operator"},"facts":{"by":"bo","kind":"grant","state":"approved","subject":"amy"},"object":"proposal:proposal1","outcome":"done","seq":39,"time":"2026-11-23T22:19:56.062316Z","v":1}');
INSERT INTO "audit_leaves" VALUES(40,1795472396062685,'training.recorded','person:amy','','root','','{"action":"training.recorded","actor":{"id":"root","type":"operator"},"facts":{"course":"hipaa","expires":"2027-11-23T03:00:00Z","passed":"2026-11-23T03:00:00Z"},"object":"person:amy","outcome":"done","seq":40,"time":"2026-11-23T22:19:56.062685Z","v":1}');
INSERT INTO "audit_leaves" VALUES(41,1795472396062990,'policy.acknowledged','person:amy','','amy','','{"action":"policy.acknowledged","actor":{"id":"amy","type":"person"},"facts":{"policy":"phi","version":"2"},"object":"person:amy","outcome":"done","seq":41,"time":"2026-11-23T22:19:56.062990Z","v":1}');
INSERT INTO "audit_leaves" VALUES(42,1795484863851026,'prompt.stored','prompt:hgm4u5ddscqitcqu3h3hheapq5','elm','amy','','{"action":"prompt.stored","actor":{"id":"amy","role":"admin","type":"person"},"clinic":"elm","facts":{"kind":"sealed","language":"","milliseconds":"0","name":"greeting","sha256":"df5c011748cce8e5b5b8281ebafdd5ad7b6866254f4287767c85dba5e076498b","source":"upload"},"object":"prompt:hgm4u5ddscqitcqu3h3hheapq5","outcome":"done","seq":42,"time":"2026-11-24T01:47:43.851026Z","v":1}');
INSERT INTO "audit_leaves" VALUES(43,1795484863851493,'prompt.stored','prompt:uc2df4zjgzngx62s7mcj3f4gkv','','amy','','{"action":"prompt.stored","actor":{"id":"amy","role":"admin","type":"person"},"facts":{"kind":"plain","language":"","milliseconds":"0","name":"music","sha256":"d488288a90852227c137cc78556c8f55fe20c052d61df3b4987643b42def93c3","source":"upload"},"object":"prompt:uc2df4zjgzngx62s7mcj3f4gkv","outcome":"done","seq":43,"time":"2026-11-24T01:47:43.851493Z","v":1}');
INSERT INTO "audit_leaves" VALUES(44,1795484863852023,'agent.state_set','person:amy','','amy','','{"action":"agent.state_set","actor":{"id":"amy","role":"admin","type":"person"},"facts":{"after":"break","before":""},"object":"person:amy","outcome":"done","reason":"lunch","seq":44,"time":"2026-11-24T01:47:43.852023Z","v":1}');
CREATE TABLE audit_segments (
  first       INTEGER NOT NULL PRIMARY KEY,
  until       INTEGER NOT NULL,
  newest      INTEGER NOT NULL,
  file        TEXT    NOT NULL,
  digest      BLOB    NOT NULL,
  key_version INTEGER NOT NULL,
  sealed      INTEGER NOT NULL,
  removed     INTEGER
) STRICT;
CREATE TABLE book_versions (
  version   INTEGER NOT NULL PRIMARY KEY,
  made      INTEGER NOT NULL,
  author    TEXT    NOT NULL,
  summary   TEXT    NOT NULL,
  body_cell BLOB    NOT NULL
, reason TEXT NOT NULL DEFAULT '', correlation TEXT NOT NULL DEFAULT '', base INTEGER NOT NULL DEFAULT -1) STRICT;
INSERT INTO "book_versions" VALUES(1,1795461570405397,'amy','{"clinic":3,"device":1,"number":2,"person":2,"schedule":1,"trunk":1}',X'A3174BDB30B8B54A9883910B66F1118384B32C88B7CEBCC39E84BCE6E3F3AD59E50ADF6E32FD7C16EF82574C7D22FA5D84E321E5F6B284453CED8CD03FEAFD510773F7828E55A7D27DC5193700BF9B6CD0B6D4051B212CAF15F8E2AA1494E6164D4B9AC3C3D2431F66D6D023479A0988231F9B61928AF4285D18F26586410921C56AD5B4D0FD2DE6AAC5F814BED42CF80F7838FAAFE07F108121156182D90A09122D11A7B1EB94328FC614A47EFEAC17AB3293EFE437B8174648D248335AD5C70A8EFD6CD76529B72AE9641451ED1AC3DEAEA669C00CE13E49761C9F899CC2FE31869A4E91BD089259D1F3C990D8FDFA65E1B1D8817470B43C34C4AEA17C24BDCCEDF8A60B6680EF561F2F6009D06B5CB88C847C57FAC7137254FDA33A5CB0F29258330229FEDC02A679A1975CFFE4F39B1FBE8B7BA2BB7B333C6A483912190CB487A8F583F7DAAF41BB7FD5036575980BDB851D85496E19EF30305992F6088B4FE241DD46556FD72FB0558C8169E828B5C4E932D9AC76180C046660D0175A99CBA635FF9861D3017020A4CC223710154044C00F898C8386084155C33D2BB830B89212D1BFDC2B8307425CDAF91660CBF988D8F81C035C6E38A0A15CCDBE35437A1E695D740569BF92576943DF7BC06E4ED652D874FF052ED66837D71286FAF442AE5B2A1412AE35EB6DD157F400032123BEAD2CF620A6D3059A607499E4AD254D483F24AE8BEEC8BBBDD1A8C42C56D206E675E111474C9D59976690CCA6C92727DAC4583E83AE65F11955B97B9D609171640174B20B1F5E3D8183D2A434459FD16F59EB22DB68A162C3AFFF2AEB239E7F3374BA74DEBFAD70364F799C6A6A15D2E30EB01D842FE653F320177D0E73F220C5E07D99B7A4718281DBBFB0C41C5DE3D856268D7CF3ECB8DD558DC172FB8BA5B1C21EC0397B7B34061B2A5EFAD13F6A766DB6712DB6206AF6CC9B137D54ACD3761A8ABD2D78340B8E4FADA01EA995DC7B8495DCFB4B7B6BE859E6917238C8EAF8B625A4BB840F86239694248DCE38F9A470B2E3D3CA9C0BF12293655DDCDF1CB1FDC1D789A2CB593D20E0CC48375AF295D469FAC3DD2A477EB263BEC77E4698223397BD8F6286EA7A66F824693D83E64E95AEFFC49986B577503345E4CD0817DF6F79751765621294D8B69125FDCBB0F77B97E68CAAD07640A3AF53CF0D86F1CAD43DEB707C51D98DDC2AAE78C38DE6E9251F393D429FBA8243DB738DA6FB956BFDE1EBA23E59407A7CAC2A7B2D08C06C66E552785126E0C4CE7925C3746AA7ECD3BEB8C89720B98FEC206CF3C0EF255001A29320779F3D12BFC9CFD1CE43202FB93C7E0B3D0CD873F24A89F60D10B59F4F93D8FF967A51526567B4EFBED4BE476BDF320A942E3C963FF98D67C9D01D086AA043E8A727D145ADE1627740FC4559B544B44DBDACBE3F51B21387E3B14691FCC4E2E54E16430DE542BFF0EAC9829D8B782AFA924A4D105575633718A2587D837ED8ED74457567D73560FCFBD6E066E6D133CDC9E0F9DB8B26C033F10CF9D49716EC8596C076C1F4747E9C8C31E4B4124887EFC41687E390FE77240E816A02EF968172CAFE82EB18564EBD2CA168256F1276EB3E7562033DF7ECEAE2B42CA4C86253B04E8753D7E37AB18A1927F0AE98206A35F112BACD74A9ED4ADBEDD2017D6CAE1DDD435FFD4E93D9AF5E074771577E314D040130F968F1F1C4D9E1EA59241242413C209A656FB76E82AB2B96D6FAEDFFCDD4C5ED94D3B52E012FF5B2864156A0E1F5A6F1B843D7AE316D858F68EF23CA82C15F2A18FF6699D8F02AAC110F70F52D224B055EABE6687BB5CB56EE803B7FF1E1E306A8CF7AFEE1111F2C442497825001A8ABBA5A52D3D1B02F2F9AE447E4A1C71E09018B143F3E3EF4A185C6E93B91670A57EB7A4879FB24F0C52E798867AF9AF3C056FDA21DC69DBA13C08CB240491EDA73E24F94876A511B6B739F6736842C8B3603A08A64D00559576CC5EC7AF609EFEDC99D250B2901B6CAE8973A0312E82F48B0B77792655B2022F5C4748C866A7E78F3035616183599F2CDF58AB3FC9195044A214FE1C8D1AC06AE3B9607782681EA768BDA2F6E7C71B880C4F1C9727182279980A835882E882900FF432587C295C94FF645F15E723ECC9CB730320457E06D220D915AC0EDCC2D752DC56AACDF1E4FD2AF8959E6A2A719A375F1E766C1F5D3C885AB0588284475C4649F2D29209CD77E9D61B8DAFDEE212C08825F91CE2AA681525D35341F7E71BD6DBA90301E22EB3FBCA32FAD7ACD47A4A156C2A9A0E7264CA67CBE62C151908DE80666E521A9DCE602CF5DA006FD5D39B35FB029BB10A15DF56808FFD22DC9947CC1797B31D512E5042FDF45AD798DE95C18BBE1EB508E5C67D787709AE40B7A2F7D5D8F03236EC2F643B3D7DE1B41CC47AA1B2B2D7C36AE3E9BEF059EA2628E690C51FD895EB5B43F43318720868FC7922C12797893E2AA9ED5851F0E5C45AD1E485DAE42FF42F89E00F5E5EF7A765557644926958297753BD5E9F9142AC20DCFE5F5CBC0A7128819F4193D9A5319C4424E3E23426D8D8DB8E3AC9172C9697843A2B4EF1AA5D79E47D4F9868CC37C909196CBA45C4D4CB4316209E0811F4AC9E9','','',-1);
INSERT INTO "book_versions" VALUES(2,1795461570525285,'amy','{"device":1}',X'06F9CC4F0E88AB42A2F75CC870BD3E40390F9C9930950621A76D13A57AFA57CF63BD3CF3CA6ACBD31B7AC5F819D33F9866DE5802FA27EE9E540857062B20B98D633D869F1164BEC149CB8CA29D6CB1DC6B9C8903A8767BB4A2DCC05465405D8AA449030E00323CB733C6B10EF09EDEAE0B48E9E3B43A471F49C2C6B2D0A94F09D69C04CE9B3DB48BA38DF700F311EA130FE3A26239F7B781ADDBC560EDCA1C66DCF20913309FEBB9B8DD0CED75A939578DD546EEE17D8E4A1EE608CF828D5499BEA3BD37019AA947726E5BEE7B040675C53FB627E349119176EBE8F1F8DEEFB82DFE85FC5105433B77E5BC41CEC06752045627439742173A3AC2B1E724237087592641B61C650FF6472A13C80E2E3EAFFA79DC07A7E81AA72B9AD024D62146C9285DF054E8356DDC9E25E41691B6E0BAE831CF68B99992D4D84F0E907701B46753974918AD28A8D2CA406E3A2A53BBB0544A4FBD2E5178DA2DBC77E548B7E5C9065C3EA417D4355CF127C9C5651B634A14A0D9BA553669C8A91F5FE37C5DD35C29DA48EAD53D7A3A557E4686A706AEB4318677370C8696564A3C06564298652230A52ECFB81F125919A813816FABD7ED92F273260DAE2611D621E998CF653BE23E926F1A5F6CF354816C2E055D29C7B4ADE1C74A1190ADCE73E69FA8E86EF2FF2A0C349D6A384A4E5BAB53EDA29E11F513C95EAB5D8C76A3E15BF0CCA645B762535299E5930CE10746AA101FECE50185CA8559455FA26832EC53A5FB173FFBF4FA7FA4858E38B29262F373CEDA7A0E0649765F2D87BAC85E4B8879FAE760B2727CEA420AF3231DEAA8EAA6E626E4C08DC0F13C18B2EE779CB6A4970D40A6F06C27EBE84797F91B25FC180DC3CE914804A1167DB78A64D3BF36A451350184AE195D2D37237C087827FD76DEF9B1384E781969C948232C17F8E3F84A659370EEE3717F09CF7E1DFF46621DDBD2A0256BF10174B80F623A093A5260D1A813FF8411BDB38F6A3AFCC16523961A7ACFC520051EBE82F7785687997E865C1CE5E3F7843B340F2D30C44A6146170E53B3F1209C1C95627CB3CE0A73367DDEEE57E626D686FEC8E57D863A9CF058EED5FA9ADFFFA3C079C3AD43BDFC4FA2D123F2F9AD7956BCB91337B58F2834121E806435BF5707DBCF880A4E9EB544AB7C1E17999F8E9C65F91CD8D9CA99922EAC0A9A5E3C4E417452CEB13C491D7B2C8F23252D09F46D4D0E10392C457B79E737667544A5983DFA8CEDD8F5582F0659107FF9088E5D3FC5A1E2268D97AF1A1F4677D1034B829251B1ED3C46C8E522D801DF6451AE00B44CBFA84A9457468846B79E1D7C53DE3199A028C50912FEDD28F62783C1A434A9E397FBC2662EB3E58749909E4BFA53954EF44D26A3C224072E490154B73B7219CCF92CC096EF0B6D6F9FD4AEF77378260179C065E38C567CF83A13839E98477200FE76FC4251FDF124E1E311F8A12EB477752E909CEC13E961E2BB1AA8E61B10A3D6C9B500E340E5AE7E0B8FEA9B42315F03CBC71FE07D61BC53ABF71D5A2E66BDE4659372DD19227C7598EC52CA448FC5E0A18C07221DC16644B4985E086CCA5E8BB7BC3715F6CD7A47CC94CC2FC8F992517FBB09463565BA5849A6F66EC52E6D5ED436A67DEAEE757B589C6ED0559FFFE6BF663585AC8144EED3F172B33629E1837612DF3BF9C0FB45A79D35139E51DB361180F7B27D8564CB20F35CBDFE44BF47350A7E66968CB50D21D3585E1366720356D0333D5B42BBF97123C4C888DDA653EE722DCC51FD156282E2F1686175279E5194ACC5B851EDBDCB172F00FF49B77A43C4870DF57703B323C364A7B807F268A95AA7E8655F35D026B2E7295189FC2DB62CF910129435E123168C0C4EACB0C837F70B73F3F049718AADE23E6C6B18672F1A4FEEAA29BF01B60448C580472D0207DA006CE4155DE278B32C0B8453CB6ECDA4DA78F5E2C375039FCAE39CFA91B2643C1366C3600F6D596E5920FD6CBBD359411664CC565E335A75E2352599F1F695DB485DD077C7561BBC86E9FDFFF5843B2B6DD0FC6C38F3D1B17DD298F586C371594A04398A5DE5B3283EB8ECE21057EC96EF10D540ABF0BEDFA2CCA2BE0E567640324F282319711C1126F0710F3945F1FA46557DE134596792FD6B9931A858B08AFB991719FE8981880E874CD3890170EEC25BEF4B5D042F00DB56DFEA190F4A7F362E5FC024313CD8BDC138634C59C3F83DC2937CE85276D83FE586AAF277B980263236A3870A4CF95162F3EC98EDB158BF2D247E441C4B63464D0B5D309BB4B46ABA15A1F4D968148C67AE56AD8F851C6CC92D0D4B155EAC6908CD1EC591600505D115433A2AC143982FD3D78A9516007AEBA0CF7E173456BEE3E33CA323232660150DE4647F58ECFC1FF611D7E9C9D04D035BDFC629E199EB6B7ABB493F92E51FC72C9B09CB121E7A2F3D52A10ABFC819B667C4E99F0DEB30DDE45B409C4BDF890C990CFD2DB4CFC5C40CD1D396F3BC0162A321E9D880FBB8B812DEF83E5CBA92A1E8E2A262121BE082DEF165B39D7A9A82E80D6E007191A47CC48D889A6149AF11FCFD65646BE7E31ADF160F60C64B6FE7878C7A33720632F0E5C54F98F0793B8F2896C27D143AC50E74786A9F','','',-1);
INSERT INTO "book_versions" VALUES(3,1795465694280122,'amy','{"edits":1,"schedule":1}',X'34B1553B15C8C7869CD9EA68BDCDC1C706FFBA16C5FCEA2B63A9E2E5DD9B9FDF388DF8F94916D28EF9724CACAF33544F590A7D08F48E907B18BA9553D5DC551CF6AFC0919A55790E46D3CD596068BC360249476A2EB3470174DCAB3CECA42EFC50834BAD643A9EF589CEC589CDAC421CE9F246CC9E2D6608F67AA09F0344A79B0F38853B283ECB8172DD9772ED887F68320A4B20AB74652754AA02DF47486F56F25612A75367F854BC9316D7A51FFAAAFEFB5581B986471417603CF061B304027537F4154E08496B6776EAA60618D9B34C50E98A1B1CCFDE2CF10A0996A9FFA00591B77C166059DB783D04BE0F7D91E26C149CE16D24EC726700924E16E6CA2CD7FC1DC76F623ACE37FE61A215A74FF3805681334CE37B3614B056BB196B91782959E2C51ABBA04A6F1FFB1E306B5E06C973E75ABA11C676044B285C44B352DC0BC6B4A55C907B4765B72CB0CB6EC21F42030C9CBB5D0914D4552B468263134AC79E818F70154CC25812A8E959E48D9CC311D733E2CE67407F2084B60C924D7F40C013125EC251297122EAC4BE7B01B9F79D18C1039FC930E810F37F34CAC07ECBDC10B079B864F623ED2E5FD3FE14EFF09105C538B575206A5AA4865ECDBC442C25F87D03FE7E8685F8F302FB4F355391EC771C1045625934202324F2751CEE907A51CB96E1D2B7B84D6A03AEA6AB8C2D66714D23BB42518B7C507AB1DE04D0799BB736E507084FF2817E197C6CDBC48DBF71EFD930681E2C37A1A119166A2B8167506DB165AEF6C2CB1C9F00B48FDCFA65073D42332AE2D46F41203D3247D09730929CD16BE6EE0A9D4098CA53FC2F6C76EABB10BA386E9BCC013EEDCAE92F9D728F42D16D6615F6B445ED9BD57203A58F6FCEF6ACDE14DF8D6793E64A3E1098A95B7B6B396D10E57DD4AD6A824EE1A32688611891DBCA94526C4A4C7018E4D4E4DABE4F51B214A8BA4A014CE96C077CBF80E965F5ED6A4604F291FA2CA946894990DC08BEA83F4C3143CD3B4D9E1CB2951D8EFB8F92E797DB3854D1B10FA39A68F585ABDA9F1C5FF1C5FB5223A8E5906BC34AE1CE7754815A7FC5C9437A49E6DB89D0B2A41AA1B1AA71D224ACFD0D6EB9D3FC5CD62C3EA143C984E3F2FA385AF9015F9EDC655068D1F899DFC413DF9A4E9F7AB6C69F8300694E3C5EA13F7421ECB93EAD9AA9660C23DF8D62A7D69EF7855C5E24EFDB167B3C6C35B7668AA03182EA9C07A81463D97EE68EFBA701E03B3B64664F564E6EF54C073BD21A4E74EBCD437F9F441B48635CF54C4EF467EF310F8EACA82E2315B51FDBC9429020BA6118D4B048E8AD56A1B21BA2EE824458A002250F8E1DC84A209EA9E5B3B605EB0A9F7CC12145E2EA9180860DE68F2F8EA0E6F99C0432DE1B71F49F524D6562156F1FE4085409326FF51E57461A40F7C83AE94FCD8995C32760D5965427C62832AAF886F360196B06886682D02B626A6B54F16CC2809E9B7C005341F260CA97CB21C3A623AB13E8895B492092CDCE455D6286F8A2F6F54C2118E27701334C692C3C2FF8BB87029FD7B8E1CAB73AAD1D8B9F5A250F8C93D5428DDD3AEE82584D87AB34D0D7EFD0105B9159BFB690020F15FD5445AEA65A37EA588C47B57B3F7572EB5D4E19988617123C5700952B9DC7CF0C064B57612406DC3E5E86CA4F4AA13C14CF7224E17F1D0DA85A4882B5FC73DCE2153158192A85347D11CC07CA2C417D57C02F147C0B2056B459FC3CF03E3AF33BDC9E06499D5991C0C1E4506F8DC7A1410A77A347EDD7FEF16832E22601B117F00910F861C08DEF9D1E16FAD755707C70C5A32D844D691C97F5902C9FEE89D2B83B46BD3815EB0017D85B1CBAF2CBF297C8D315608F3FF4EBE222CA0FB4B8F3563392626F3FBD70B68DB83271076B36D67386E617DB071D1C235074164EC9DD14F0DC5CE0D72FD022D06DC8D6B5592809801ECE3CF9ED5AA2F287215E5052C0FEF39C14A1555A68C928CC7BE4B695598766B622A9E189EA2F87AB0268E2119964565DC17D39C74830011E328246277C8B01D6D90F228031FD1D629E2E41B842FAB07543D190DCCA9F1B1F6ED4CB','cover','req-1',0);
CREATE TABLE break_glass (
  id          TEXT NOT NULL PRIMARY KEY,
  person      TEXT NOT NULL,
  kind        TEXT NOT NULL,
  object      TEXT NOT NULL,
  clinic      TEXT NOT NULL,
  reason_cell BLOB,
  opened      INTEGER NOT NULL,
  until       INTEGER NOT NULL,
  closed      INTEGER,
  reviewed    INTEGER,
  reviewed_by TEXT NOT NULL DEFAULT '',
  verdict     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE call_events (
  call TEXT    NOT NULL,
  n    INTEGER NOT NULL,
  at   INTEGER NOT NULL,
  kind TEXT    NOT NULL,
  leg  TEXT    NOT NULL,
  data TEXT,
  late INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (call, n)
) STRICT;
INSERT INTO "call_events" VALUES('c1',1795461570525951,1795402800000000,'arrived','caller','{"trunk":"carrier"}',0);
INSERT INTO "call_events" VALUES('c1',1795461570525957,1795402800000000,'planned','','{"clinic":"elm","version":"b1"}',0);
INSERT INTO "call_events" VALUES('c1',1795461570525958,1795402801000000,'rang','amy-desk',NULL,0);
INSERT INTO "call_events" VALUES('c1',1795461570525959,1795402805000000,'leg_answered','amy-desk',NULL,0);
INSERT INTO "call_events" VALUES('c1',1795461570525960,1795402805000000,'bridged','',NULL,0);
INSERT INTO "call_events" VALUES('c1',1795461570525961,1795402860000000,'finished','',NULL,0);
CREATE TABLE calls (
  id           TEXT NOT NULL PRIMARY KEY,
  state        TEXT NOT NULL,
  clinic       TEXT NOT NULL,
  trunk        TEXT NOT NULL,
  trunk_name   TEXT NOT NULL,
  known_by     TEXT NOT NULL,
  protection   TEXT NOT NULL,
  from_cell    BLOB,
  from_index   BLOB,
  dialled_cell BLOB,
  plan         TEXT NOT NULL,
  rules        TEXT NOT NULL,
  arrived      INTEGER NOT NULL,
  answered     INTEGER,
  ended        INTEGER,
  outcome      TEXT NOT NULL,
  by_whom      TEXT NOT NULL,
  served       INTEGER NOT NULL,
  recording    TEXT NOT NULL
, index_version INTEGER NOT NULL DEFAULT 0, direction TEXT NOT NULL DEFAULT 'in', kind TEXT NOT NULL DEFAULT '', of_call TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "calls" VALUES('c1','ended','elm','carrier','Carrier','certificate trunk.example','TLSv1.3',X'C2F2E2113A9BE7A5FC13B621FAB1A9A8E43305930C782E8A50BDE7FE',X'D05C4491DC66A6508A20F3043C66E5E9',X'7A709F1769DD3A68779E7842CF93855F5F7A6580261253F5E94CF7A9','{"clinic":"elm","clinic_name":"","number":"","open":false,"answer":"","record":false,"steps":null,"last_resort":"","version":"b1","zone_data":"","at":"0001-01-01T00:00:00Z","because":["open"]}','b1',1795402800000000,1795402805000000,1795402860000000,'completed','caller',1,'r1',0,'in','','');
CREATE TABLE clinics (
  id      TEXT NOT NULL PRIMARY KEY,
  rank    INTEGER NOT NULL,
  name    TEXT NOT NULL,
  body    TEXT NOT NULL,
  removed INTEGER
) STRICT;
INSERT INTO "clinics" VALUES('elm',0,'Elm Street Paediatrics','{"ID":"elm","Name":"Elm Street Paediatrics","Zone":"America/New_York","Hours":[{"Days":[1,2,3,4,5],"Start":480,"End":1020}],"Open":{"Steps":[{"Name":"desk","Schedule":"","Tier":0,"People":["amy"],"Mode":"together","For":20000000000}]},"Closed":{"Steps":null},"Greeting":"","Announce":"","LastResort":"last_resort","Record":true,"Suspended":false,"Holidays":null}',NULL);
INSERT INTO "clinics" VALUES('oak',1,'Oak Avenue','{"ID":"oak","Name":"Oak Avenue","Zone":"America/Chicago","Hours":null,"Open":{"Steps":null},"Closed":{"Steps":null},"Greeting":"","Announce":"","LastResort":"last_resort","Record":false,"Suspended":false,"Holidays":null}',NULL);
CREATE TABLE detail_keys (
  purpose TEXT    NOT NULL,
  clinic  TEXT    NOT NULL,
  version INTEGER NOT NULL,
  details INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  PRIMARY KEY (purpose, clinic, version)
) STRICT;
CREATE TABLE devices (
  user        TEXT NOT NULL PRIMARY KEY,
  rank        INTEGER NOT NULL,
  person      TEXT NOT NULL REFERENCES people (id),
  md5_until   INTEGER,
  secret_cell BLOB,
  enrolled    INTEGER,
  last_seen   INTEGER,
  revoked     INTEGER
) STRICT;
INSERT INTO "devices" VALUES('amy-desk',0,'amy',NULL,X'6A82DA2A4B33199D66ADB1A2ECA3D5A615D21FCEADEB33FE45A7',1795461570524352,NULL,NULL);
CREATE TABLE disclosures (
  id             TEXT NOT NULL PRIMARY KEY,
  made           INTEGER NOT NULL,
  clinic         TEXT NOT NULL,
  kind           TEXT NOT NULL,
  object         TEXT NOT NULL,
  call           TEXT NOT NULL,
  author         TEXT NOT NULL,
  recipient_cell BLOB,
  purpose_cell   BLOB
) STRICT;
CREATE TABLE edits (
  schedule TEXT    NOT NULL,
  rank     INTEGER NOT NULL,
  since    INTEGER NOT NULL,
  till     INTEGER,
  id       TEXT    NOT NULL,
  body     TEXT    NOT NULL,
  PRIMARY KEY (schedule, rank, since)
) STRICT;
INSERT INTO "edits" VALUES('agents',0,2,NULL,'e1','{"ID":"e1","At":"2026-11-23T12:00:00Z","Do":"assign","Person":"wu","From":"","Cover":"","Tier":1,"Start":"2026-11-23T12:00:00Z","End":"2026-11-23T13:00:00Z","Effective":"0001-01-01T00:00:00Z","Layer":"","Members":null,"Anchor":"","Every":0,"Unit":"","Layers":null,"A":{"period":0},"B":{"period":0},"Shifts":null,"Filler":"","Of":"","Reason":"","Note":""}');
INSERT INTO "edits" VALUES('',0,3,NULL,'a1','{"ID":"a1","At":"2026-11-23T12:00:00Z","Do":"absence","Person":"amy","From":"","Cover":"wu","Tier":0,"Start":"2026-11-23T12:00:00Z","End":"2026-11-23T13:00:00Z","Effective":"0001-01-01T00:00:00Z","Layer":"","Members":null,"Anchor":"","Every":0,"Unit":"","Layers":null,"A":{"period":0},"B":{"period":0},"Shifts":null,"Filler":"","Of":"","Reason":"","Note":""}');
CREATE TABLE factors (
  id          TEXT    NOT NULL PRIMARY KEY,
  person      TEXT    NOT NULL,
  kind        TEXT    NOT NULL,
  label       TEXT    NOT NULL,
  secret_cell BLOB,
  last_step   INTEGER NOT NULL,
  made        INTEGER NOT NULL,
  last_used   INTEGER,
  removed     INTEGER
) STRICT;
INSERT INTO "factors" VALUES('uwss54kjao2ylop4e6b6zmp7gc','amy','totp','phone',X'4F89A711030DFEE47EFF92948514FDFB7EA67EB75E60369C',7,1795472396059153,NULL,NULL);
INSERT INTO "factors" VALUES('kyfyndnrusy3n74gobaat3mfr3','amy','passkey','key',X'89E9675607C5EC55C3E884C04FE8FDA677445758FB349100CD5A870A5F4FDAF004ACCBAE',0,1795472396059542,NULL,NULL);
CREATE TABLE feed_entries (
  feed     TEXT    NOT NULL REFERENCES feeds (id),
  uid      TEXT    NOT NULL,
  sequence INTEGER NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  hash     BLOB    NOT NULL,
  state    TEXT    NOT NULL,
  changed  INTEGER NOT NULL,
  PRIMARY KEY (feed, uid)
) STRICT;
INSERT INTO "feed_entries" VALUES('vl6ot2sop7w2oido54iimvjxtg','u1',2,1795435200000000,1795438800000000,X'01','live',1795465694301628);
CREATE TABLE feeds (
  id      TEXT    NOT NULL PRIMARY KEY,
  kind    TEXT    NOT NULL,
  subject TEXT    NOT NULL,
  hash    BLOB    NOT NULL UNIQUE,
  made    INTEGER NOT NULL,
  author  TEXT    NOT NULL,
  revoked INTEGER
) STRICT;
INSERT INTO "feeds" VALUES('vl6ot2sop7w2oido54iimvjxtg','person','wu',X'166B24437C66258D60447C26348B04BAEB918803E5898D611A50FCDD82D10309',1795465694299277,'amy',NULL);
CREATE TABLE gap_acks (
  id       TEXT    NOT NULL PRIMARY KEY,
  schedule TEXT    NOT NULL,
  severity TEXT    NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  reason   TEXT    NOT NULL,
  author   TEXT    NOT NULL,
  made     INTEGER NOT NULL
) STRICT;
INSERT INTO "gap_acks" VALUES('gqwmjmw6tokmwbrqt5pgdhvlsv','agents','next_tier',1795435200000000,1795438800000000,'cover','amy',1795465694280364);
CREATE TABLE gaps (
  schedule TEXT    NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  clinic   TEXT    NOT NULL,
  severity TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  changed  INTEGER NOT NULL,
  PRIMARY KEY (schedule, starts)
) STRICT;
INSERT INTO "gaps" VALUES('agents',1795435200000000,1795438800000000,'elm','next_tier','began',1795465694315802);
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO "goose_db_version" VALUES(1,0,1,'2026-11-23 19:19:30');
INSERT INTO "goose_db_version" VALUES(2,1,1,'2026-11-23 19:19:30');
INSERT INTO "goose_db_version" VALUES(3,2,1,'2026-11-23 19:50:00');
INSERT INTO "goose_db_version" VALUES(4,3,1,'2026-11-23 20:28:14');
INSERT INTO "goose_db_version" VALUES(5,4,1,'2026-11-23 22:19:56');
INSERT INTO "goose_db_version" VALUES(8,5,1,'2026-11-23 22:58:44');
INSERT INTO "goose_db_version" VALUES(9,6,1,'2026-11-23 22:58:44');
INSERT INTO "goose_db_version" VALUES(10,7,1,'2026-11-24 01:47:43');
CREATE TABLE grants (
  id          TEXT    NOT NULL PRIMARY KEY,
  person      TEXT    NOT NULL,
  role        TEXT    NOT NULL,
  clinics     TEXT    NOT NULL,
  since       INTEGER NOT NULL,
  till        INTEGER,
  proposed_by TEXT    NOT NULL,
  approved_by TEXT    NOT NULL,
  made        INTEGER NOT NULL,
  ended       INTEGER
) STRICT;
INSERT INTO "grants" VALUES('z5nqxke4pvob7roxbs4yonmzkz','amy','agent','["elm"]',1795472396060604,NULL,'bo','cy',1795472396060604,NULL);
CREATE TABLE holds (
  id          TEXT NOT NULL PRIMARY KEY,
  kind        TEXT NOT NULL,
  object      TEXT NOT NULL,
  clinic      TEXT NOT NULL,
  reason_cell BLOB,
  placed      INTEGER NOT NULL,
  placed_by   TEXT NOT NULL,
  released    INTEGER,
  released_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE invitations (
  id      TEXT    NOT NULL PRIMARY KEY,
  person  TEXT    NOT NULL,
  author  TEXT    NOT NULL,
  hash    BLOB    NOT NULL UNIQUE,
  made    INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  used    INTEGER,
  revoked INTEGER
) STRICT;
INSERT INTO "invitations" VALUES('ncckek565ldpskbigu7urusl3g','amy','root',X'2AA1295243095D3A5CF6800C524F9A3C63ECC5FD4FF20124802A16B0DB12BCB3',1795472396056328,1795731596056317,1795472396057088,NULL);
INSERT INTO "invitations" VALUES('c7niftzbuyqgf7duwq4xpcb3vm','wu','root',X'8D9D1D75B767F157D5ABAAD8D27E00647118B79A6B25540693CAE8B2D49F5DEC',1795472396061052,2082758400000000,NULL,NULL);
CREATE TABLE ladders (
  id       TEXT    NOT NULL PRIMARY KEY,
  kind     TEXT    NOT NULL,
  subject  TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  due      INTEGER,
  revision INTEGER NOT NULL,
  changed  INTEGER NOT NULL,
  body     TEXT    NOT NULL
) STRICT;
INSERT INTO "ladders" VALUES('l1','message','message:m1','climbing',1795435200000000,1,1795465694314614,'{}');
CREATE TABLE legs (
  call     TEXT    NOT NULL REFERENCES calls (id),
  n        INTEGER NOT NULL,
  user     TEXT    NOT NULL,
  person   TEXT    NOT NULL,
  invited  INTEGER,
  answered INTEGER,
  ended    INTEGER,
  cause    TEXT    NOT NULL,
  code     INTEGER NOT NULL,
  sound    TEXT,
  PRIMARY KEY (call, n)
) STRICT;
INSERT INTO "legs" VALUES('c1',0,'','',NULL,NULL,NULL,'completed',0,'{"Codec":0,"Suite":"","Received":3000,"Sent":0,"Lost":0,"Duplicate":0,"Reordered":0,"Late":0,"SSRCChanges":0,"Events":0,"AuthFailed":0,"Replayed":0,"Plaintext":0,"WrongSource":0,"Malformed":0,"Oversize":0,"SendErrors":0,"Jitter":0,"RoundTrip":0,"FarLost":0,"FarJitter":0,"MOS":4.4,"FirstHeard":"0001-01-01T00:00:00Z","LastHeard":"0001-01-01T00:00:00Z"}');
INSERT INTO "legs" VALUES('c1',1,'amy-desk','amy',1795402801000000,NULL,NULL,'completed',200,NULL);
CREATE TABLE logins (
  id         TEXT    NOT NULL PRIMARY KEY,
  person     TEXT    NOT NULL,
  hash       BLOB    NOT NULL UNIQUE,
  state      TEXT    NOT NULL,
  made       INTEGER NOT NULL,
  seen       INTEGER NOT NULL,
  stepped_up INTEGER,
  ended      INTEGER,
  why        TEXT    NOT NULL DEFAULT '',
  source     TEXT    NOT NULL,
  agent      TEXT    NOT NULL,
  factor     TEXT    NOT NULL
) STRICT;
INSERT INTO "logins" VALUES('fyldw2b7foo5v4f765xct3i7xd','amy',X'92E2526564191151EF2A76B66D0AD67259FD489A7F68F493A669DD14C4A626ED','live',1795472396057941,1795472396057941,1795472396057941,NULL,'','192.0.2.1','test','f1');
INSERT INTO "logins" VALUES('2litb7v6mxcneen2csrihqvzte','amy',X'FF821A8EB44FDDE244AAB17D0A4F4CAD6837C159D3650BD57DC21C29EF46E9D3','pending',1795472396061921,1795472396061921,NULL,NULL,'','192.0.2.9','browser','');
CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
INSERT INTO "meta" VALUES('instance','joqi673kzccy5br6dllallub55');
INSERT INTO "meta" VALUES('mode','production');
INSERT INTO "meta" VALUES('catch_all','elm');
CREATE TABLE numbers (
  number TEXT NOT NULL,
  trunk  TEXT NOT NULL,
  rank   INTEGER NOT NULL,
  clinic TEXT NOT NULL REFERENCES clinics (id),
  answer TEXT NOT NULL,
  PRIMARY KEY (number, trunk)
) STRICT;
INSERT INTO "numbers" VALUES('+12125550100','',0,'elm','at_once');
INSERT INTO "numbers" VALUES('200','carrier',1,'oak','when_agent_answers');
CREATE TABLE offers (
  id       TEXT    NOT NULL PRIMARY KEY,
  schedule TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  closes   INTEGER,
  made     INTEGER NOT NULL,
  moves    INTEGER NOT NULL,
  body     TEXT    NOT NULL
) STRICT;
INSERT INTO "offers" VALUES('of1','agents','open',1795438800000000,1795435200000000,1,'{"id":"of1","schedule":"agents","layer":"day","kind":"pool","from":"amy","a":{"period":0},"to":null,"needs_approval":false,"state":"open","made":"2026-11-23T12:00:00Z","closes":"2026-11-23T13:00:00Z","events":[{"what":"made","by":"amy","at":"2026-11-23T12:00:00Z"}]}');
CREATE TABLE overrides (
  schedule TEXT    NOT NULL REFERENCES schedules (id),
  id       TEXT    NOT NULL,
  rank     INTEGER NOT NULL,
  person   TEXT    NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  body     TEXT    NOT NULL,
  removed  INTEGER,
  PRIMARY KEY (schedule, id)
) STRICT;
INSERT INTO "overrides" VALUES('agents','o1',0,'wu',1798761600000000,1798765200000000,'{"ID":"o1","Kind":"assign","Person":"wu","Tier":1,"Start":"2027-01-01T00:00:00Z","End":"2027-01-01T01:00:00Z","Created":"2027-01-01T00:00:00Z","Reason":""}',NULL);
CREATE TABLE people (
  id         TEXT NOT NULL PRIMARY KEY,
  rank       INTEGER NOT NULL,
  role       TEXT NOT NULL,
  active     INTEGER NOT NULL,
  name_cell  BLOB,
  phone_cell BLOB,
  body       TEXT NOT NULL,
  paused     INTEGER,
  paused_why TEXT,
  removed    INTEGER
) STRICT;
INSERT INTO "people" VALUES('amy',0,'agent',1,X'6A79E7883644661969F4AC843E1CB0C1A29FC673289FBBB081E3437DAA15F0E1',NULL,'{"Active":true,"ID":"amy","Role":"agent"}',NULL,NULL,NULL);
INSERT INTO "people" VALUES('wu',1,'clinician',1,X'EB90C1852E6DE49A2CFF8B0E0780D39E0D2661BAC925FF7CD17CBDFE8F836F',X'6E0D76E3FDD14987C86B5BE92C88E20A9F917BFC9D7210BA17D1B356','{"Active":true,"ID":"wu","Role":"clinician"}',NULL,NULL,NULL);
CREATE TABLE prompts (
  id         TEXT NOT NULL PRIMARY KEY,
  clinic     TEXT NOT NULL,
  name       TEXT NOT NULL,
  language   TEXT NOT NULL,
  kind       TEXT NOT NULL,
  source     TEXT NOT NULL,
  codec      TEXT NOT NULL,
  samples    INTEGER NOT NULL,
  sha256     BLOB NOT NULL,
  sound      BLOB,
  sound_cell BLOB,
  text_cell  BLOB,
  made       INTEGER NOT NULL,
  made_by    TEXT NOT NULL,
  removed    INTEGER,
  removed_by TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "prompts" VALUES('hgm4u5ddscqitcqu3h3hheapq5','elm','greeting','','sealed','upload','pcm16/16000',5,X'DF5C011748CCE8E5B5B8281EBAFDD5AD7B6866254F4287767C85DBA5E076498B',NULL,X'5DD26808A0523ABA90CD45F267E9775F6DCAA5F6DDAF10031D63',NULL,1795484863850948,'amy',NULL,'');
INSERT INTO "prompts" VALUES('uc2df4zjgzngx62s7mcj3f4gkv','','music','','plain','upload','pcm16/16000',4,X'D488288A90852227C137CC78556C8F55FE20C052D61DF3B4987643B42DEF93C3',X'6C61206C61206C61',NULL,NULL,1795484863851463,'amy',NULL,'');
CREATE TABLE proposals (
  id         TEXT    NOT NULL PRIMARY KEY,
  kind       TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  author     TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  revision   INTEGER NOT NULL,
  made       INTEGER NOT NULL,
  body_cell  BLOB    NOT NULL
) STRICT;
INSERT INTO "proposals" VALUES('proposal1','grant','amy','bo','approved',1,1795472396058702,X'90C22AC7834322822E411FDD58287BC82170242802DF9FE44AAA174DF637AB40E59A25FD4176B14EEBD0776A5285CA773893A073F01306E2FA5EE271138736B67DE92976EA61DC236F19C6ADCB847E408257E3088297A2F2C3895E8A5A945CAB566141743186C7CE50346362285ABF7E6A9FA818EC7D04362C164EBA440EC2C6F7E8C0C979B66865BF6B1151EBC7F9582D083F0B019AD27E8A0011BB1333C761D19F6FBF4DE10C1AA081DC4A490012968B2E724807EAD032114EE189C63CAC546CA68378503ED10B6BE10EB4E5E6491D9CE429EDCEE002ADC629C65984F375EDD4C3EB916C5BAA631952EAC9BEAC29B18899325D9BB27A708D6792C4A05A7BB96F0A18C3C9D94886DDDED477EEB6D3A41C2B43D9597915335EF39316BD2E02BC1D6EE1E626B32A1420FC3AB8E35C085B1A4EADA858435A9E2A370AB662F40603B0A40451D088A0E2C4E976DC08F2BFE0D9DE7DD7B25F5F070570B8A1C627D8B1EAB0328F3207388B92757DDE50047EE7CE514C10DC8172C2B5524EC714104E258C37A70C7DC8');
CREATE TABLE queues (
  id      TEXT NOT NULL PRIMARY KEY,
  rank    INTEGER NOT NULL,
  body    TEXT NOT NULL,
  removed INTEGER
) STRICT;
CREATE TABLE readiness (
  id      TEXT    NOT NULL PRIMARY KEY,
  person  TEXT    NOT NULL,
  login   TEXT    NOT NULL,
  device  TEXT    NOT NULL,
  since   INTEGER NOT NULL,
  till    INTEGER NOT NULL,
  mode    TEXT    NOT NULL,
  why     TEXT    NOT NULL,
  clinics TEXT    NOT NULL,
  ended   INTEGER
) STRICT;
INSERT INTO "readiness" VALUES('a23rggvul5gry6d2tqrw6kfldm','amy','fyldw2b7foo5v4f765xct3i7xd','amy-desk',1795472396057941,1795515596057941,'full','','["elm"]',NULL);
CREATE TABLE recordings (
  id          TEXT NOT NULL PRIMARY KEY,
  call        TEXT NOT NULL,
  clinic      TEXT NOT NULL,
  part        INTEGER NOT NULL,
  previous    TEXT NOT NULL,
  file_id     BLOB NOT NULL UNIQUE,
  file_name   TEXT NOT NULL UNIQUE,
  header_hash BLOB NOT NULL,
  wrapped_key BLOB,
  key_version INTEGER NOT NULL,
  state       TEXT NOT NULL,
  opened      INTEGER NOT NULL,
  live        INTEGER,
  ended       INTEGER,
  records     INTEGER NOT NULL DEFAULT 0,
  samples     INTEGER NOT NULL DEFAULT 0,
  sha256      BLOB,
  transcript  BLOB,
  reason      TEXT NOT NULL DEFAULT ''
, kind TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "recordings" VALUES('4337vj6kntd6rnml4bh3tq7cv5','c1','elm',1,'',X'01010101010101010101010101010101','b.nbr',X'0101010101010101010101010101010101010101010101010101010101010101',X'777261707065642063616E617279206B6579',1,'live',1795461570527590,1795461570536165,NULL,0,0,NULL,NULL,'','');
CREATE TABLE recovery_codes (
  person TEXT NOT NULL,
  hash   BLOB NOT NULL,
  made   INTEGER NOT NULL,
  used   INTEGER,
  PRIMARY KEY (person, hash)
) STRICT;
INSERT INTO "recovery_codes" VALUES('amy',X'0E8F7F17837B687118DACE07FEEF40DBF4A3A0EE67114F74BD5168EF5F55B3E3',1795472396060011,1795472396060388);
INSERT INTO "recovery_codes" VALUES('amy',X'550531708163EA1221F1EF8DAF5D0096D6F5FE496782F6172D0CC24D48050205',1795472396060022,NULL);
CREATE TABLE retention (
  clinic      TEXT NOT NULL,
  artefact    TEXT NOT NULL,
  version     INTEGER NOT NULL,
  days        INTEGER NOT NULL,
  made        INTEGER NOT NULL,
  author      TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  PRIMARY KEY (clinic, artefact, version)
) STRICT;
CREATE TABLE review_items (
  id         TEXT    NOT NULL PRIMARY KEY,
  rule       TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  clinic     TEXT    NOT NULL,
  found      INTEGER NOT NULL,
  body       TEXT    NOT NULL,
  settled    INTEGER,
  settled_by TEXT    NOT NULL DEFAULT '',
  reason     TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE schedule_versions (
  schedule TEXT    NOT NULL REFERENCES schedules (id),
  version  INTEGER NOT NULL,
  made     INTEGER NOT NULL,
  author   TEXT    NOT NULL,
  body     TEXT    NOT NULL, reason TEXT NOT NULL DEFAULT '', correlation TEXT NOT NULL DEFAULT '', book INTEGER NOT NULL DEFAULT 0, edits_in TEXT NOT NULL DEFAULT 'body',
  PRIMARY KEY (schedule, version)
) STRICT;
INSERT INTO "schedule_versions" VALUES('agents',1,1795461570404970,'amy','{"ID":"agents","Clinic":"elm","Name":"Agents","Zone":"","Layers":[{"ID":"day","Tier":1,"Mode":"replace","Windows":null,"Holidays":null,"As":"","Rotation":{"Anchor":"2026-11-02T08:00:00","Every":1,"Unit":"d","Members":["amy","nobody"],"Advance":"","Terms":null}}],"Overrides":null,"Edits":null}','','',0,'body');
INSERT INTO "schedule_versions" VALUES('agents',2,1795465694279137,'amy','{"ID":"agents","Clinic":"elm","Name":"Agents","Line":"","Place":"","Zone":"","Layers":[{"ID":"day","Tier":1,"Mode":"replace","Windows":null,"Holidays":null,"As":"","Rotation":{"Anchor":"2026-11-02T08:00:00","Every":1,"Unit":"d","Members":["amy","nobody"],"Advance":"","Terms":null}}],"Overrides":[{"ID":"o1","Kind":"assign","Person":"wu","Tier":1,"Start":"2027-01-01T00:00:00Z","End":"2027-01-01T01:00:00Z","Created":"2027-01-01T00:00:00Z","Reason":""}],"Edits":null}','cover','req-1',3,'rows');
CREATE TABLE schedules (
  id      TEXT NOT NULL PRIMARY KEY,
  rank    INTEGER NOT NULL,
  clinic  TEXT NOT NULL,
  removed INTEGER
) STRICT;
INSERT INTO "schedules" VALUES('agents',0,'elm',NULL);
CREATE TABLE tokens (
  id      TEXT NOT NULL PRIMARY KEY,
  hash    BLOB NOT NULL UNIQUE,
  name    TEXT NOT NULL,
  scopes  TEXT NOT NULL,
  clinics TEXT NOT NULL,
  made    INTEGER NOT NULL,
  expires INTEGER,
  revoked INTEGER
, person TEXT NOT NULL DEFAULT '') STRICT;
INSERT INTO "tokens" VALUES('tafdt52d4z4tjkmye7vdaior3u',X'BB5A4F42142DBEFFEC33F65285D7E67C29BB8382E670D18A299AC2C5689E5B5C','hers','["calls"]','[]',1795472396058281,NULL,NULL,'amy');
CREATE TABLE trainings (
  person  TEXT    NOT NULL,
  course  TEXT    NOT NULL,
  passed  INTEGER NOT NULL,
  expires INTEGER,
  author  TEXT    NOT NULL,
  PRIMARY KEY (person, course, passed)
) STRICT;
INSERT INTO "trainings" VALUES('amy','hipaa',1795402800000000,1826938800000000,'root');
CREATE TABLE trunks (
  id          TEXT NOT NULL PRIMARY KEY,
  rank        INTEGER NOT NULL,
  name        TEXT NOT NULL,
  body        TEXT NOT NULL,
  secret_cell BLOB,
  secret_set  INTEGER,
  removed     INTEGER
) STRICT;
INSERT INTO "trunks" VALUES('carrier',0,'Carrier','{"ID":"carrier","Name":"Carrier","Identity":{"CertNames":["trunk.example"],"CertRoots":"","Addresses":["192.0.2.0/24"],"Digest":""},"Suites":null,"NumberFrom":"","Caller":"","Country":"","MaxCalls":0,"MaxRate":0,"Exceptions":null,"Advertised":""}',NULL,NULL,NULL);
CREATE TABLE unserved (
  call        TEXT NOT NULL PRIMARY KEY,
  clinic      TEXT NOT NULL,
  arrived     INTEGER NOT NULL,
  why         TEXT NOT NULL,
  state       TEXT NOT NULL,
  owner       TEXT NOT NULL DEFAULT '',
  settled     INTEGER,
  settled_by  TEXT NOT NULL DEFAULT '',
  answer_call TEXT NOT NULL DEFAULT '',
  reason_cell BLOB
) STRICT;
INSERT INTO "unserved" VALUES('c0','elm',1795484863851761,'caller_gone','open','',NULL,'','',NULL);
CREATE TABLE voice_messages (
  id        TEXT NOT NULL PRIMARY KEY,
  call      TEXT NOT NULL,
  clinic    TEXT NOT NULL,
  recording TEXT NOT NULL,
  urgency   TEXT NOT NULL,
  made      INTEGER NOT NULL,
  taken     INTEGER,
  taken_by  TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO "voice_messages" VALUES('ilepko4w4qjt5i6mzpwv4ak7xy','c0','elm','r0','urgent',1795484863852281,NULL,'');
CREATE TABLE wrapped_keys (
  purpose TEXT    NOT NULL,
  clinic  TEXT    NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  retired INTEGER,
  sealed  BLOB,
  audited INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (purpose, clinic, version)
) STRICT;
INSERT INTO "wrapped_keys" VALUES('fields','',1,1795461570402890,NULL,X'77726170706564',1);
CREATE INDEX calls_arrived ON calls (arrived, id);
CREATE INDEX calls_clinic ON calls (clinic, arrived, id);
CREATE INDEX calls_from ON calls (from_index, arrived) WHERE from_index IS NOT NULL;
CREATE INDEX calls_live ON calls (state) WHERE state = 'live';
CREATE INDEX recordings_call ON recordings (call);
CREATE INDEX recordings_opened ON recordings (opened, id);
CREATE INDEX recordings_open ON recordings (state) WHERE state IN ('opening', 'live');
CREATE INDEX audit_object ON audit_leaves (object, seq) WHERE object <> '';
CREATE INDEX audit_correlation ON audit_leaves (correlation, seq) WHERE correlation <> '';
CREATE INDEX audit_at ON audit_leaves (at, seq);
CREATE INDEX audit_actor ON audit_leaves (actor, seq) WHERE actor <> '';
CREATE INDEX gap_acks_schedule ON gap_acks (schedule, ends);
CREATE INDEX offers_state ON offers (state, closes);
CREATE INDEX offers_schedule ON offers (schedule, made);
CREATE INDEX ladders_due ON ladders (due) WHERE due IS NOT NULL;
CREATE INDEX ladders_subject ON ladders (subject);
CREATE INDEX gaps_open ON gaps (state) WHERE state IN ('found', 'began');
CREATE INDEX invitations_person ON invitations (person, made);
CREATE INDEX factors_person ON factors (person, made);
CREATE INDEX logins_person ON logins (person, made);
CREATE INDEX logins_open ON logins (person) WHERE ended IS NULL;
CREATE INDEX grants_person ON grants (person, since);
CREATE INDEX proposals_state ON proposals (state, made);
CREATE INDEX proposals_author ON proposals (author, state);
CREATE UNIQUE INDEX readiness_open ON readiness (person) WHERE ended IS NULL;
CREATE INDEX readiness_person ON readiness (person, since);
CREATE INDEX review_open ON review_items (found) WHERE settled IS NULL;
CREATE INDEX holds_object ON holds (kind, object) WHERE released IS NULL;
CREATE INDEX disclosures_made ON disclosures (made, id);
CREATE INDEX disclosures_call ON disclosures (call) WHERE call <> '';
CREATE INDEX break_glass_open ON break_glass (person) WHERE closed IS NULL;
CREATE INDEX break_glass_unreviewed ON break_glass (opened) WHERE reviewed IS NULL;
CREATE INDEX legs_person ON legs (person, call) WHERE answered IS NOT NULL;
CREATE INDEX prompts_place ON prompts (clinic, name, language, made) WHERE removed IS NULL;
CREATE INDEX voice_messages_made ON voice_messages (made, id);
CREATE INDEX voice_messages_open ON voice_messages (made) WHERE taken IS NULL;
CREATE INDEX unserved_arrived ON unserved (arrived, call);
CREATE INDEX unserved_open ON unserved (arrived) WHERE state = 'open';
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('goose_db_version',10);
COMMIT;
