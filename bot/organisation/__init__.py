"""The travel group: its branches (分公司), their shops (门店) and the staff (员工) in them."""
